//! Who is let in, and from where on they are given the log.

use keting_sync::{
    Denial, Enrolled, Enrolment, Highest, Refused, Resume, Resumption, Secret, Standing,
};
use keting_trust::{
    Claimed, Cursor, DeviceId, Digest, Heard, Incarnation, KindAccess, PublicKey, Signed,
    SignedGrant, record,
};
use tracing::{info, warn};

use super::clock::clock_suspect;
use super::effects::denial;
use super::reading::Coverages;
use super::{ConnectionId, Server};
use crate::audience::cursor_at;
use crate::authority::{Rights, Uncovered};
use crate::city::City;
use crate::ending::note_greeting;
use crate::enrol::enrol;
use crate::metrics::Metrics;
use crate::renewal;
use crate::store::{Head, ServerRead, StoreError, StoredDevice};

impl Server {
    /// Notes what the greeting of a device that was ended says of it. Says whether it may be let in; it is
    /// not where that cannot be noted.
    pub(super) fn note_greeting(
        &mut self,
        connection: ConnectionId,
        device: &DeviceId,
        made: Option<(Incarnation, u64)>,
        told_of_end: bool,
    ) -> bool {
        let noted = note_greeting(&mut *self.store, device, made, told_of_end);
        if let Err(error) = &noted {
            self.note_fault(error);
            self.deny(connection, denial(error.code(), error.retryable()));
        }
        noted.is_ok()
    }

    pub(super) fn authenticate(
        &mut self,
        connection: ConnectionId,
        key: &PublicKey,
        resume: &Resume,
        now_ms: u64,
        unix_ms: u64,
    ) {
        if self.clock.suspicion().is_some() {
            return self.deny(connection, clock_suspect());
        }
        let device = key.device_id();
        if let Err(error) = self.renew_if_due(&device, now_ms, unix_ms) {
            // It may sync all the same, and come again.
            self.note_fault(&error);
        }
        let given = self.begin_audience(connection, &device, unix_ms);
        let standing = given.and_then(|given| self.standing(&device, resume, given, unix_ms));
        if let Err(error) = &standing {
            self.note_fault(error);
        }
        let Some(open) = self.connections.get_mut(&connection) else { return };
        match standing {
            Ok(Ok(standing)) => {
                open.device = Some(device);
                open.incarnation = Some(resume.incarnation);
                match &standing.resumption {
                    Resumption::Diverged { .. } => {
                        open.is_diverged = true;
                        note_diverged(&mut self.metrics, &standing.head, resume);
                    }
                    Resumption::HandOver { .. } => {
                        info!(code = Refused::DEVICE_ENDED, "a device hands over");
                    }
                    _ => {}
                }
                open.session.handle_authenticated(standing, now_ms);
            }
            Ok(Err(denial)) => self.deny(connection, denial),
            Err(error) => self.deny(connection, denial(error.code(), error.retryable())),
        }
    }

    /// Renews the grants of a device that will soon be over.
    fn renew_if_due(
        &mut self,
        device: &DeviceId,
        now_ms: u64,
        unix_ms: u64,
    ) -> Result<(), StoreError> {
        let Some(within_ms) = self.config.renew_within_ms else { return Ok(()) };
        let is_due = {
            let read = self.store.snapshot()?;
            let head = read.head()?.ok_or(StoreError::Empty)?;
            self.book.refresh(&*read, &head)?;
            self.book.rights(&*read, &self.city, device)?;
            let rights = self.book.known_rights(device).unwrap_or(const { &Rights::none() });
            let issuing = renewal::issuing(&*read, &self.city)?;
            !renewal::due(rights, &self.book, &issuing, within_ms, unix_ms).is_empty()
        };
        if !is_due {
            return Ok(());
        }
        let (store, random) = (&mut *self.store, &mut *self.random);
        let renewed = renewal::renew_if_due(store, &self.city, device, within_ms, random, unix_ms)?;
        if let Some(head) = renewed {
            self.metrics.grants_renewed += 1;
            self.take_head(head, now_ms);
        }
        Ok(())
    }

    /// Where a device stands, or why it is not served.
    fn standing(
        &mut self,
        device: &DeviceId,
        resume: &Resume,
        given_from: u64,
        unix_ms: u64,
    ) -> Result<Result<Standing, Denial>, StoreError> {
        let read = self.store.snapshot()?;
        let head = read.head()?.ok_or(StoreError::Empty)?;
        let Some(row) = read.device(device)? else {
            return Ok(Err(denial("unknown_device", false)));
        };
        let heard = match &resume.heard {
            Some(heard) => proven(&*read, &self.city, heard)?,
            None => None,
        };
        let has_lost = match &heard {
            Some(heard) => !is_of(&*read, &head, &heard.cursor)?,
            None => false,
        };
        self.book.refresh(&*read, &head)?;
        let rights = self.book.rights(&*read, &self.city, device)?;
        let without_grant = rights.without_grant(unix_ms);
        if let Some(uncovered) = without_grant.filter(|found| *found != Uncovered::Ended) {
            return Ok(Err(denial(uncovered.code(), true)));
        }
        let position = match &resume.first_sync {
            Some(position) if is_of(&*read, &head, &position.at)? => {
                Some(position.clone()).filter(|position| position.at.number >= given_from)
            }
            Some(_) | None => None,
        };
        let resumption = match &resume.cursor {
            // This server was put back from a copy, and the device can prove it.
            _ if has_lost => Resumption::Diverged { shared_number: shared_number(&head, &row) },
            // What it made before the end is still good, and does not have to be lost.
            _ if without_grant.is_some() => {
                let why = rights.ends().last().map(|end| end.why.clone()).unwrap_or_default();
                Resumption::HandOver { why }
            }
            Some(cursor) if is_of(&*read, &head, cursor)? => {
                if cursor.number < given_from {
                    Resumption::Again { from: position }
                } else {
                    Resumption::Tail { cursor: *cursor }
                }
            }
            Some(_) => Resumption::Diverged { shared_number: shared_number(&head, &row) },
            None => Resumption::FirstSync { from: position },
        };
        let highest = read.highest_sequence(device, &resume.incarnation)?;
        // What the log tells of the issuing key, a device that hands over does not read.
        let issuing = renewal::stored_issuing(&*read, &self.city)?;
        let has_read_it = resume.cursor.is_some_and(|cursor| cursor.number >= issuing.number);
        Ok(Ok(Standing {
            head: head.cursor(),
            backed_up_to: head.backed_up_to,
            server_time_ms: unix_ms,
            highest: highest.map(|(sequence, digest)| Highest { sequence, digest }),
            issuing_grant: (!has_read_it).then_some(issuing.bytes),
            resumption,
        }))
    }

    pub(super) fn enrol(
        &mut self,
        connection: ConnectionId,
        key: &PublicKey,
        secret: &Secret,
        name: &str,
        now_ms: u64,
        unix_ms: u64,
    ) {
        if self.clock.suspicion().is_some() {
            return self.deny(connection, clock_suspect());
        }
        let secret = keting_trust::invitation::Secret::new(*secret.as_bytes());
        let random = &mut *self.random;
        let enrolled = enrol(&mut *self.store, &self.city, &secret, key, name, random, unix_ms);
        let enrolled = match enrolled {
            Ok(enrolled) => enrolled,
            Err(error) => {
                if let crate::enrol::EnrolError::Store(error) = &error {
                    self.note_fault(error);
                }
                return self.deny(connection, denial(error.code(), error.retryable()));
            }
        };
        self.metrics.devices_enrolled += u64::from(!enrolled.again);
        info!(again = enrolled.again, "a device is enrolled");
        self.take_head(enrolled.head, now_ms);
        if let Err(error) = self.begin_audience(connection, &key.device_id(), unix_ms) {
            self.note_fault(&error);
            return self.deny(connection, denial(error.code(), error.retryable()));
        }
        let Some(open) = self.connections.get_mut(&connection) else { return };
        let proof = record::Enrolment {
            city: self.city.id,
            log: self.city.log,
            device: key.device_id(),
            tls_spki_sha256: Digest::new(open.channel.tls_spki_sha256),
            channel_binding: open.channel.binding,
            secret: secret.digest(),
            grants: enrolled.grants.iter().map(|grant| Digest::of(grant)).collect(),
            announced: enrolled.announced,
        };
        let Ok(proof) = Signed::sign(proof, &self.city.issuing) else {
            return self.deny(connection, denial("key_unavailable", true));
        };
        open.device = Some(key.device_id());
        let enrolment = Enrolment {
            enrolled: Enrolled {
                city_name: self.city.name.clone(),
                log: self.city.log,
                root: self.city.root.clone(),
                grants: enrolled.grants,
                proof: proof.bytes,
            },
            head: enrolled.head.cursor(),
            backed_up_to: enrolled.head.backed_up_to,
            server_time_ms: unix_ms,
        };
        open.session.handle_enrolled(enrolment, now_ms);
    }

    /// Tells a device, and the operator, why it is not served.
    fn deny(&mut self, connection: ConnectionId, denial: Denial) {
        info!(code = denial.code, "a device is not served");
        if let Some(open) = self.connections.get_mut(&connection) {
            open.session.handle_denied(denial);
        }
    }

    /// Notes what a device is given from now on, and says where the log stood when that began.
    fn begin_audience(
        &mut self,
        connection: ConnectionId,
        device: &DeviceId,
        unix_ms: u64,
    ) -> Result<u64, StoreError> {
        let (head, row, audience) = {
            let read = self.store.snapshot()?;
            let head = read.head()?.ok_or(StoreError::Empty)?;
            let Some(row) = read.device(device)? else { return Ok(head.number) };
            let coverage =
                Coverages { book: &mut self.book, kept: &mut self.coverages, city: &self.city }
                    .of(&*read, &head, device, unix_ms)?;
            if coverage.is_empty() {
                return Ok(head.number);
            }
            (head, row, coverage.audience())
        };
        if let Some(open) = self.connections.get_mut(&connection) {
            open.audience = Some(audience);
        }
        if row.audience == audience.as_bytes() {
            return Ok(row.audience_from);
        }
        let mut transaction = self.store.begin()?;
        if let Some(row) = transaction.device(device)? {
            transaction.put_device(&StoredDevice {
                audience: audience.as_bytes().to_vec(),
                audience_from: head.number,
                ..row
            })?;
        }
        transaction.commit()?;
        Ok(head.number)
    }
}

/// Whether a cursor is one of the log as it is here.
fn is_of(read: &dyn ServerRead, head: &Head, cursor: &Cursor) -> Result<bool, StoreError> {
    if cursor.log != head.log || cursor.generation != head.generation || cursor.number > head.number
    {
        return Ok(false);
    }
    Ok(cursor_at(read, head, cursor.number)? == *cursor)
}

/// What a device says it heard of this log, if an issuing key of the city, of now or once, signed it.
fn proven(
    read: &dyn ServerRead,
    city: &City,
    heard: &Claimed<Heard>,
) -> Result<Option<Heard>, StoreError> {
    for stored in read.grants_of(&heard.signer())? {
        let Ok(SignedGrant { grant, .. }) = SignedGrant::read_stored(&stored.bytes) else {
            continue;
        };
        let is_issuing = grant.issuer == city.root && grant.kinds == [KindAccess::every_kind()];
        if is_issuing && let Ok(signed) = heard.verify(&grant.holder) {
            let of_this_city =
                signed.record.city == city.id && signed.record.cursor.log == city.log;
            return Ok(of_this_city.then_some(signed.record));
        }
    }
    Ok(None)
}

/// Tells the operator that a device knows more of the log than is here.
fn note_diverged(metrics: &mut Metrics, head: &Cursor, resume: &Resume) {
    let heard = resume.heard.as_ref().map_or(0, |heard| heard.says().cursor.number);
    let cursor = resume.cursor.map_or(0, |cursor| cursor.number);
    metrics.logs_diverged += 1;
    warn!(
        code = "log_diverged",
        head = head.number,
        heard,
        cursor,
        "a device has another log: was this server put back from a copy?"
    );
}

/// The last number that a device whose cursor is of another branch is known to share with this one:
/// what it had confirmed when this store was written.
fn shared_number(head: &Head, device: &StoredDevice) -> u64 {
    device.confirmed_number.min(head.number)
}
