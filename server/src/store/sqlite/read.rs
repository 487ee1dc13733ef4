//! Reading.

use keting_model::{ActorId, ChangeHash, CommandId, DocumentId};
use keting_trust::{DeviceId, Digest, Incarnation};

use super::SqliteTransaction;
use super::convert::{self, COMMITS, DEVICES, INVITATIONS, count, document_id, fixed, int};
use crate::store::{
    AudienceKey, Head, ServerRead, StoreError, StoredCommit, StoredDevice, StoredDocument,
    StoredEnd, StoredEntry, StoredGrant, StoredInvitation, StoredPart, StoredRegion,
};

impl ServerRead for SqliteTransaction<'_> {
    fn head(&self) -> Result<Option<Head>, StoreError> {
        self.one(convert::HEAD, [], convert::head)
    }

    fn meta(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.one("SELECT value FROM meta WHERE key = ?1", [key], |row| row.get(0))
    }

    fn entry(&self, number: u64) -> Result<Option<StoredEntry>, StoreError> {
        self.one(
            "SELECT number, kind, record, digest, chain FROM log WHERE number = ?1",
            [int(number)?],
            convert::entry,
        )
    }

    fn entries(&self, after: u64, limit: u32) -> Result<Vec<StoredEntry>, StoreError> {
        self.all(
            "SELECT number, kind, record, digest, chain FROM log
             WHERE number > ?1 ORDER BY number LIMIT ?2",
            (int(after)?, limit),
            convert::entry,
        )
    }

    fn parts(&self, number: u64) -> Result<Vec<StoredPart>, StoreError> {
        self.all(
            "SELECT number, entry, document, salt, change, hash, actor, seq FROM parts
             WHERE number = ?1 ORDER BY entry",
            [int(number)?],
            |row| convert::part(row).map(|(_, part)| part),
        )
    }

    fn commit_state(
        &self,
        device: &DeviceId,
        command: &CommandId,
    ) -> Result<Option<StoredCommit>, StoreError> {
        self.one(
            &format!("{COMMITS} WHERE device = ?1 AND command = ?2"),
            (device.as_bytes(), command.as_bytes()),
            convert::commit,
        )
    }

    fn admitted_of_act(
        &self,
        device: &DeviceId,
        act: &CommandId,
    ) -> Result<Option<StoredCommit>, StoreError> {
        self.one(
            &format!(
                "{COMMITS} INDEXED BY commits_by_act
                 WHERE device = ?1 AND act = ?2 AND held = '' AND superseded IS NULL"
            ),
            (device.as_bytes(), act.as_bytes()),
            convert::commit,
        )
    }

    fn held_of_act(
        &self,
        device: &DeviceId,
        act: &CommandId,
    ) -> Result<Vec<StoredCommit>, StoreError> {
        self.all(
            &format!(
                "{COMMITS} INDEXED BY commits_held_by_act
                 WHERE device = ?1 AND act = ?2 AND held <> '' AND superseded IS NULL
                 ORDER BY command"
            ),
            (device.as_bytes(), act.as_bytes()),
            convert::commit,
        )
    }

    fn is_sequence_taken(
        &self,
        device: &DeviceId,
        incarnation: &Incarnation,
        sequence: u64,
    ) -> Result<bool, StoreError> {
        let found = self.one(
            "SELECT 1 FROM commits INDEXED BY commits_by_sequence
             WHERE device = ?1 AND incarnation = ?2 AND sequence = ?3 LIMIT 1",
            (device.as_bytes(), incarnation.as_bytes(), int(sequence)?),
            |_| Ok(()),
        )?;
        Ok(found.is_some())
    }

    fn highest_sequence(
        &self,
        device: &DeviceId,
        incarnation: &Incarnation,
    ) -> Result<Option<(u64, Digest)>, StoreError> {
        let found = self.one(
            &format!(
                "{COMMITS} INDEXED BY commits_by_sequence
                 WHERE device = ?1 AND incarnation = ?2 ORDER BY sequence DESC, number LIMIT 1"
            ),
            (device.as_bytes(), incarnation.as_bytes()),
            convert::commit,
        )?;
        Ok(found.map(|commit| (commit.sequence, commit.digest)))
    }

    fn document(&self, id: &DocumentId) -> Result<Option<StoredDocument>, StoreError> {
        self.one(
            "SELECT id, home, heads, change_count, first_number, length(snapshot)
             FROM documents WHERE id = ?1",
            [id.as_bytes()],
            convert::document,
        )
    }

    fn document_snapshot(&self, id: &DocumentId) -> Result<Option<Vec<u8>>, StoreError> {
        self.one("SELECT snapshot FROM documents WHERE id = ?1", [id.as_bytes()], |row| row.get(0))
    }

    fn document_parts(
        &self,
        id: &DocumentId,
        after: u64,
        until: u64,
        limit: u32,
    ) -> Result<Vec<(u64, StoredPart)>, StoreError> {
        // The numbers are sorted in the index; only the rows that are wanted are read.
        self.all(
            "SELECT number, entry, document, salt, change, hash, actor, seq FROM parts
             JOIN (SELECT number, entry FROM parts
                   WHERE document = ?1 AND number > ?2 AND number <= ?3
                   ORDER BY number, entry LIMIT ?4) USING (number, entry)
             ORDER BY number, entry",
            (id.as_bytes(), int(after)?, int(until)?, limit),
            convert::part,
        )
    }

    fn device_of(&self, actor: &ActorId) -> Result<Option<DeviceId>, StoreError> {
        self.one("SELECT device FROM actors WHERE actor = ?1", [actor.as_bytes()], |row| {
            fixed(row, 0).map(DeviceId::new)
        })
    }

    fn documents(
        &self,
        after: Option<&DocumentId>,
        limit: u32,
    ) -> Result<Vec<StoredDocument>, StoreError> {
        self.all(
            "SELECT id, home, heads, change_count, first_number, length(snapshot) FROM documents
             WHERE id > ?1 ORDER BY id LIMIT ?2",
            (after.map_or(&[][..], |id| id.as_bytes()), limit),
            convert::document,
        )
    }

    fn documents_of(
        &self,
        key: &AudienceKey,
        after: Option<&DocumentId>,
        limit: u32,
    ) -> Result<Vec<DocumentId>, StoreError> {
        self.all(
            "SELECT id FROM documents WHERE home = ?1 AND kind = ?2 AND id > ?3
             ORDER BY id LIMIT ?4",
            (key.region.as_bytes(), key.kind, after.map_or(&[][..], |id| id.as_bytes()), limit),
            |row| document_id(row, 0),
        )
    }

    fn document_count(&self, key: &AudienceKey) -> Result<u64, StoreError> {
        let found = self.one(
            "SELECT count(*) FROM documents WHERE home = ?1 AND kind = ?2",
            (key.region.as_bytes(), key.kind),
            |row| count(row, 0),
        )?;
        Ok(found.unwrap_or(0))
    }

    fn change_of(
        &self,
        document: &DocumentId,
        actor: &ActorId,
        seq: u64,
    ) -> Result<Option<ChangeHash>, StoreError> {
        self.one(
            "SELECT hash FROM parts WHERE document = ?1 AND actor = ?2 AND seq = ?3",
            (document.as_bytes(), actor.as_bytes(), int(seq)?),
            |row| fixed(row, 0).map(ChangeHash),
        )
    }

    fn is_held(&self, document: &DocumentId, hash: &ChangeHash) -> Result<bool, StoreError> {
        let found = self.one(
            "SELECT 1 FROM held_changes WHERE document = ?1 AND hash = ?2 LIMIT 1",
            (document.as_bytes(), &hash.0),
            |_| Ok(()),
        )?;
        Ok(found.is_some())
    }

    fn region(&self, document: &DocumentId) -> Result<Option<StoredRegion>, StoreError> {
        self.one(
            "SELECT document, code, parent, level, name FROM regions WHERE document = ?1",
            [document.as_bytes()],
            convert::region,
        )
    }

    fn region_by_code(&self, code: &str) -> Result<Option<StoredRegion>, StoreError> {
        self.one(
            "SELECT document, code, parent, level, name FROM regions WHERE code = ?1",
            [code],
            convert::region,
        )
    }

    fn regions(&self) -> Result<Vec<(DocumentId, Option<DocumentId>)>, StoreError> {
        self.all("SELECT document, parent FROM regions ORDER BY code", [], |row| {
            let parent: Option<convert::Fixed<16>> = row.get(1)?;
            Ok((document_id(row, 0)?, parent.map(|id| DocumentId::new(id.0))))
        })
    }

    fn regions_within(&self, document: &DocumentId) -> Result<Vec<DocumentId>, StoreError> {
        // UNION, not UNION ALL: it ends even if regions ever stood in a circle.
        self.all(
            "WITH RECURSIVE within (document) AS (
                 SELECT document FROM regions WHERE document = ?1
                 UNION
                 SELECT regions.document FROM regions JOIN within ON regions.parent = within.document
             )
             SELECT document FROM within ORDER BY document",
            [document.as_bytes()],
            |row| document_id(row, 0),
        )
    }

    fn device(&self, device: &DeviceId) -> Result<Option<StoredDevice>, StoreError> {
        self.one(&format!("{DEVICES} WHERE device = ?1"), [device.as_bytes()], convert::device)
    }

    fn devices(&self) -> Result<Vec<StoredDevice>, StoreError> {
        self.all(&format!("{DEVICES} ORDER BY device"), [], convert::device)
    }

    fn waiting_count(&self, device: &DeviceId) -> Result<u64, StoreError> {
        let waiting = self.one(
            "SELECT max(0, last.last_sequence - (
                        SELECT count(*) FROM commits INDEXED BY commits_by_sequence
                        WHERE device = ?1 AND incarnation = last.incarnation
                            AND sequence <= last.last_sequence))
             FROM confirmations last WHERE device = ?1
             ORDER BY generation DESC, number DESC, last_sequence DESC LIMIT 1",
            [device.as_bytes()],
            |row| count(row, 0),
        )?;
        Ok(waiting.unwrap_or(0))
    }

    fn held_count(&self, device: &DeviceId) -> Result<u64, StoreError> {
        let held = self.one(
            "SELECT count(*) FROM commits INDEXED BY commits_held_by_act
             WHERE device = ?1 AND held <> '' AND superseded IS NULL",
            [device.as_bytes()],
            |row| count(row, 0),
        )?;
        Ok(held.unwrap_or(0))
    }

    fn confirmed_before(
        &self,
        device: &DeviceId,
        generation: u32,
        incarnation: &Incarnation,
        sequence: u64,
    ) -> Result<u64, StoreError> {
        let highest = self.one(
            "SELECT number FROM confirmations
             WHERE device = ?1 AND generation = ?2 AND incarnation = ?3 AND last_sequence < ?4
             ORDER BY last_sequence DESC LIMIT 1",
            (device.as_bytes(), generation, incarnation.as_bytes(), int(sequence)?),
            |row| count(row, 0),
        )?;
        Ok(highest.unwrap_or(0))
    }

    fn grant(&self, digest: &Digest) -> Result<Option<StoredGrant>, StoreError> {
        self.one(
            "SELECT digest, device, bytes, number FROM grants WHERE digest = ?1",
            [digest.as_bytes()],
            convert::grant,
        )
    }

    fn grants_of(&self, device: &DeviceId) -> Result<Vec<StoredGrant>, StoreError> {
        self.all(
            "SELECT digest, device, bytes, number FROM grants WHERE device = ?1 ORDER BY number",
            [device.as_bytes()],
            convert::grant,
        )
    }

    fn ends_of(&self, device: &DeviceId) -> Result<Vec<StoredEnd>, StoreError> {
        self.all(
            "SELECT number, device, at_ms, why, incarnation, sequence, told FROM ends
             WHERE device = ?1 ORDER BY number",
            [device.as_bytes()],
            convert::end,
        )
    }

    fn invitation(&self, secret: &Digest) -> Result<Option<StoredInvitation>, StoreError> {
        self.one(
            &format!("{INVITATIONS} WHERE secret = ?1"),
            [secret.as_bytes()],
            convert::invitation,
        )
    }

    fn invitations(&self) -> Result<Vec<StoredInvitation>, StoreError> {
        self.all(&format!("{INVITATIONS} ORDER BY secret"), [], convert::invitation)
    }

    fn is_key_invited(&self, key: &Digest, now_ms: u64) -> Result<bool, StoreError> {
        let found = self.one(
            "SELECT 1 FROM invitations
             WHERE tls_key = ?1 AND used_by IS NULL AND cancelled_at_ms IS NULL
                   AND expires_at_ms > ?2 LIMIT 1",
            (key.as_bytes(), int(now_ms)?),
            |_| Ok(()),
        )?;
        Ok(found.is_some())
    }

    fn numbers_of(
        &self,
        key: &AudienceKey,
        after: u64,
        until: u64,
        limit: u32,
    ) -> Result<Vec<u64>, StoreError> {
        self.all(
            "SELECT number FROM audience
             WHERE region = ?1 AND kind = ?2 AND number > ?3 AND number <= ?4
             ORDER BY number LIMIT ?5",
            (key.region.as_bytes(), key.kind, int(after)?, int(until)?, limit),
            |row| count(row, 0),
        )
    }

    fn own_numbers(
        &self,
        device: &DeviceId,
        after: u64,
        until: u64,
        limit: u32,
    ) -> Result<Vec<u64>, StoreError> {
        self.all(
            "SELECT number FROM own WHERE device = ?1 AND number > ?2 AND number <= ?3
             ORDER BY number LIMIT ?4",
            (device.as_bytes(), int(after)?, int(until)?, limit),
            |row| count(row, 0),
        )
    }

    fn audiences(&self, after: u64, until: u64) -> Result<Vec<(u64, AudienceKey)>, StoreError> {
        self.all(
            "SELECT number, region, kind FROM audience INDEXED BY audience_by_number
             WHERE number > ?1 AND number <= ?2 ORDER BY number, region, kind",
            (int(after)?, int(until)?),
            |row| {
                let key = AudienceKey { region: document_id(row, 1)?, kind: row.get(2)? };
                Ok((count(row, 0)?, key))
            },
        )
    }
}
