//! Writing.

use keting_model::{ActorId, CommandId};
use keting_trust::limits::DEVICE_CONFIRMATIONS_MAX;
use keting_trust::{Confirmation, Cursor, DeviceId, Digest, Part, RecordKind};
use rusqlite::Params;

use super::SqliteTransaction;
use super::convert::{count, heads_to_bytes, int};
use crate::store::{
    AudienceKey, CommitState, Head, ServerRead, ServerTransaction, StoreError, StoredCommit,
    StoredDevice, StoredDocument, StoredEnd, StoredGrant, StoredHeld, StoredInvitation, StoredPart,
    StoredRegion,
};

impl ServerTransaction for SqliteTransaction<'_> {
    fn append(&mut self, kind: RecordKind, record: &[u8]) -> Result<Cursor, StoreError> {
        let head = self.head()?.ok_or(StoreError::Empty)?;
        let digest = Digest::of(record);
        let next = head.cursor().next(kind, &digest);
        self.run(
            "INSERT INTO log (number, kind, record, digest, chain) VALUES (?1, ?2, ?3, ?4, ?5)",
            (int(next.number)?, kind.code(), record, digest.as_bytes(), next.chain.as_bytes()),
        )?;
        self.run(
            "UPDATE head SET number = ?1, chain = ?2 WHERE id = 1",
            (int(next.number)?, next.chain.as_bytes()),
        )?;
        Ok(next)
    }

    fn set_head(&mut self, head: &Head) -> Result<(), StoreError> {
        self.run(
            "INSERT INTO head (id, log, generation, number, chain, backed_up_to, regions_number,
                               grants_number)
             VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6, ?7)
             ON CONFLICT (id) DO UPDATE SET log = excluded.log, generation = excluded.generation,
                 number = excluded.number, chain = excluded.chain,
                 backed_up_to = excluded.backed_up_to,
                 regions_number = excluded.regions_number,
                 grants_number = excluded.grants_number",
            (
                head.log.as_bytes(),
                head.generation,
                int(head.number)?,
                head.chain.as_bytes(),
                int(head.backed_up_to)?,
                int(head.regions_number)?,
                int(head.grants_number)?,
            ),
        )
    }

    fn set_meta(&mut self, key: &str, value: &[u8]) -> Result<(), StoreError> {
        self.run(
            "INSERT INTO meta (key, value) VALUES (?1, ?2)
             ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            (key, value),
        )
    }

    fn put_commit(&mut self, commit: &StoredCommit) -> Result<(), StoreError> {
        let (held, superseded) = match &commit.state {
            CommitState::Admitted => ("", None),
            CommitState::Held { code } => (code.as_str(), None),
            CommitState::Superseded { verdict } => ("", Some(int(*verdict)?)),
        };
        self.run(
            "INSERT INTO commits (device, command, incarnation, sequence, number, digest, act, held,
                                  superseded)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            (
                commit.device.as_bytes(),
                commit.command.as_bytes(),
                commit.incarnation.as_bytes(),
                int(commit.sequence)?,
                int(commit.number)?,
                commit.digest.as_bytes(),
                commit.act.as_bytes(),
                held,
                superseded,
            ),
        )
    }

    fn supersede_held(
        &mut self,
        device: &DeviceId,
        command: &CommandId,
        verdict: u64,
    ) -> Result<u64, StoreError> {
        let key = (device.as_bytes(), command.as_bytes());
        self.run(
            "UPDATE commits SET superseded = ?3 WHERE device = ?1 AND command = ?2",
            (key.0, key.1, int(verdict)?),
        )?;
        let kept = self.one(
            "SELECT length(record), parts FROM held WHERE device = ?1 AND command = ?2",
            key,
            |row| Ok((count(row, 0)?, row.get::<_, Vec<u8>>(1)?)),
        )?;
        let Some((record_bytes, parts)) = kept else { return Ok(0) };
        let parts: Vec<Part> = keting_trust::cbor::from_slice(&parts)
            .map_err(|_| StoreError::Damaged("the parts of a held commit do not decode"))?;
        for part in &parts {
            self.run(
                "DELETE FROM held_changes WHERE document = ?1 AND device = ?2 AND command = ?3",
                (part.document.as_bytes(), key.0, key.1),
            )?;
        }
        self.run("DELETE FROM held WHERE device = ?1 AND command = ?2", key)?;
        let change_bytes: usize = parts.iter().map(|part| part.change.len()).sum();
        Ok(record_bytes + change_bytes as u64)
    }

    fn put_part(&mut self, number: u64, part: &StoredPart) -> Result<(), StoreError> {
        self.run(
            "INSERT INTO parts (number, entry, document, salt, change, hash, actor, seq)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            (
                int(number)?,
                part.entry,
                part.document.as_bytes(),
                &part.salt,
                &part.change,
                &part.hash.0,
                part.actor.as_bytes(),
                int(part.seq)?,
            ),
        )
    }

    fn put_actor(&mut self, actor: &ActorId, device: &DeviceId) -> Result<(), StoreError> {
        self.run(
            "INSERT INTO actors (actor, device) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
            (actor.as_bytes(), device.as_bytes()),
        )
    }

    fn put_document(
        &mut self,
        document: &StoredDocument,
        snapshot: &[u8],
    ) -> Result<(), StoreError> {
        self.run(
            "INSERT INTO documents (id, kind, home, snapshot, heads, change_count, first_number)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
             ON CONFLICT (id) DO UPDATE SET home = excluded.home, snapshot = excluded.snapshot,
                 heads = excluded.heads, change_count = excluded.change_count,
                 first_number = excluded.first_number",
            (
                document.id.as_bytes(),
                document.id.kind_code(),
                document.home.as_bytes(),
                snapshot,
                heads_to_bytes(&document.heads),
                int(document.change_count)?,
                int(document.first_number)?,
            ),
        )
    }

    fn put_audience(&mut self, number: u64, key: &AudienceKey) -> Result<(), StoreError> {
        self.run(
            "INSERT INTO audience (region, kind, number) VALUES (?1, ?2, ?3)
             ON CONFLICT DO NOTHING",
            (key.region.as_bytes(), key.kind, int(number)?),
        )
    }

    fn put_own(&mut self, number: u64, device: &DeviceId) -> Result<(), StoreError> {
        self.run(
            "INSERT INTO own (device, number) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
            (device.as_bytes(), int(number)?),
        )
    }

    fn put_region(&mut self, region: &StoredRegion) -> Result<(), StoreError> {
        self.run(
            "INSERT INTO regions (document, code, parent, level, name) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (document) DO UPDATE SET code = excluded.code, parent = excluded.parent,
                 level = excluded.level, name = excluded.name",
            (
                region.document.as_bytes(),
                &region.code,
                region.parent.as_ref().map(|parent| parent.as_bytes()),
                region.level.name(),
                &region.name,
            ),
        )
    }

    fn put_device(&mut self, device: &StoredDevice) -> Result<(), StoreError> {
        self.run(
            "INSERT INTO devices (device, key, name, enrolled_at_ms, seen_at_ms, confirmed_number,
                                  held_bytes, day, day_bytes, audience, audience_from)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
             ON CONFLICT (device) DO UPDATE SET key = excluded.key, name = excluded.name,
                 enrolled_at_ms = excluded.enrolled_at_ms, seen_at_ms = excluded.seen_at_ms,
                 confirmed_number = excluded.confirmed_number,
                 held_bytes = excluded.held_bytes, day = excluded.day,
                 day_bytes = excluded.day_bytes, audience = excluded.audience,
                 audience_from = excluded.audience_from",
            (
                device.device.as_bytes(),
                &device.key,
                &device.name,
                int(device.enrolled_at_ms)?,
                int(device.seen_at_ms)?,
                int(device.confirmed_number)?,
                int(device.held_bytes)?,
                int(device.day)?,
                int(device.day_bytes)?,
                &device.audience,
                int(device.audience_from)?,
            ),
        )
    }

    fn put_confirmation(
        &mut self,
        device: &DeviceId,
        confirmation: &Confirmation,
    ) -> Result<(), StoreError> {
        let Confirmation { cursor, incarnation, last_sequence, .. } = confirmation;
        let (device, generation, incarnation) =
            (device.as_bytes(), cursor.generation, incarnation.as_bytes());
        let before = (device, generation, incarnation, int(*last_sequence)?, int(cursor.number)?);
        // In one incarnation the numbers rise with the sequences, so one row says all of those before it.
        self.run(
            "INSERT INTO confirmations (device, generation, incarnation, last_sequence, number)
             VALUES (?1, ?2, ?3, ?4, max(?5, coalesce((
                 SELECT number FROM confirmations
                 WHERE device = ?1 AND generation = ?2 AND incarnation = ?3 AND last_sequence < ?4
                 ORDER BY last_sequence DESC LIMIT 1), 0)))
             ON CONFLICT DO UPDATE SET number = max(number, excluded.number)",
            before,
        )?;
        self.run(
            "UPDATE confirmations SET number = ?5
             WHERE device = ?1 AND generation = ?2 AND incarnation = ?3 AND last_sequence > ?4
                 AND number < ?5",
            before,
        )?;
        self.run(
            "DELETE FROM confirmations
             WHERE device = ?1 AND (generation, incarnation, last_sequence) IN (
                 SELECT generation, incarnation, last_sequence FROM confirmations WHERE device = ?1
                 ORDER BY generation DESC, number DESC, last_sequence DESC LIMIT -1 OFFSET ?2)",
            (device, DEVICE_CONFIRMATIONS_MAX),
        )
    }

    fn put_grant(&mut self, grant: &StoredGrant) -> Result<(), StoreError> {
        self.run(
            "INSERT INTO grants (digest, device, bytes, number) VALUES (?1, ?2, ?3, ?4)",
            (grant.digest.as_bytes(), grant.device.as_bytes(), &grant.bytes, int(grant.number)?),
        )
    }

    fn put_end(&mut self, end: &StoredEnd) -> Result<(), StoreError> {
        let (incarnation, sequence) = end.bound.unzip();
        self.run(
            "INSERT INTO ends (number, device, at_ms, why, incarnation, sequence, told)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
             ON CONFLICT (number) DO UPDATE SET incarnation = excluded.incarnation,
                 sequence = excluded.sequence, told = excluded.told",
            (
                int(end.number)?,
                end.device.as_bytes(),
                int(end.at_ms)?,
                &end.why,
                incarnation.as_ref().map(|incarnation| incarnation.as_bytes()),
                int(sequence.unwrap_or(0))?,
                end.is_told,
            ),
        )
    }

    fn put_invitation(&mut self, invitation: &StoredInvitation) -> Result<(), StoreError> {
        let (device, grant) = invitation.used.unzip();
        self.run(
            "INSERT INTO invitations (secret, name, role, region, grant_ms, expires_at_ms,
                                      generation, used_by, grant_digest, announced, tls_key,
                                      cancelled_at_ms)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
             ON CONFLICT (secret) DO UPDATE SET used_by = excluded.used_by,
                 grant_digest = excluded.grant_digest,
                 cancelled_at_ms = excluded.cancelled_at_ms",
            (
                invitation.secret.as_bytes(),
                &invitation.name,
                &invitation.role,
                invitation.region.as_bytes(),
                int(invitation.grant_ms)?,
                int(invitation.expires_at_ms)?,
                invitation.generation,
                device.as_ref().map(|device| device.as_bytes()),
                grant.as_ref().map(|grant| grant.as_bytes()),
                int(invitation.announced)?,
                invitation.tls_key.as_bytes(),
                invitation.cancelled_at_ms.map(int).transpose()?,
            ),
        )
    }

    fn put_held(&mut self, held: &StoredHeld) -> Result<(), StoreError> {
        self.run(
            "INSERT INTO held (device, command, number, record, parts) VALUES (?1, ?2, ?3, ?4, ?5)",
            (
                held.device.as_bytes(),
                held.command.as_bytes(),
                int(held.number)?,
                &held.record,
                keting_trust::cbor::to_vec(&held.parts),
            ),
        )?;
        for (document, hash) in &held.hashes {
            self.run(
                "INSERT INTO held_changes (document, hash, device, command) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT DO NOTHING",
                (document.as_bytes(), &hash.0, held.device.as_bytes(), held.command.as_bytes()),
            )?;
        }
        Ok(())
    }

    fn commit(self: Box<Self>) -> Result<(), StoreError> {
        Ok(self.inner.commit()?)
    }
}

impl SqliteTransaction<'_> {
    fn run(&self, sql: &str, parameters: impl Params) -> Result<(), StoreError> {
        self.connection().prepare_cached(sql)?.execute(parameters)?;
        Ok(())
    }
}
