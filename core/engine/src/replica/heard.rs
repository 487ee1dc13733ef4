//! What the server says of its log, verified before anything of it is kept: each group of entries, also
//! within a first sync, and each answer comes with the issuing key's signature over place, time and
//! digests. The highest of them stays in the file, as proof for a server that was put back from a copy.

use keting_store::View;
use keting_sync::message::{Answers, group_of_answers};
use keting_sync::{CommitKey, Outcome, Persist};
use keting_trust::{Claimed, Digest, Heard, SignedHeard};

use crate::error::EngineError;
use crate::replica::{Replica, meta};

impl Replica {
    /// Verifies everything the server says in what a session received, and gives the highest place
    /// of the log among it, if it is higher than what was heard before. The grants of the entries
    /// must have been taken in: a new issuing key comes with the group that it signs.
    ///
    /// # Errors
    /// [`EngineError::LogNotSigned`] when a signature is not an issuing key's or its digest is of
    /// something else.
    pub(super) fn check_heard(
        &mut self,
        persist: &Persist,
    ) -> Result<Option<SignedHeard>, EngineError> {
        let own = self.device();
        let mut said = Vec::new();
        for group in &persist.groups {
            said.push(
                self.verify_heard(&group.heard, group.digest(&own, &persist.channel_binding))?,
            );
        }
        for answers in &persist.answers {
            let group = self.said_by(answers)?.ok_or(EngineError::LogNotSigned)?;
            let heard = self.verify_heard(&answers.heard, group)?;
            // Where nothing was numbered it proves nothing, and a server whose log parted from this
            // one must not cover up what another one said.
            let is_numbered = |outcome: &Outcome| outcome.number().is_some();
            said.extend(answers.answers.iter().any(|it| is_numbered(&it.outcome)).then_some(heard));
        }
        let before = self.city()?.heard.as_ref().map(|heard| heard.record.cursor.number);
        let highest = said.into_iter().max_by_key(|heard| heard.record.cursor.number);
        Ok(highest.filter(|heard| before < Some(heard.record.cursor.number)))
    }

    fn verify_heard(
        &mut self,
        claimed: &Claimed<Heard>,
        group: Digest,
    ) -> Result<SignedHeard, EngineError> {
        let key = self.issuers()?.issuing_key(&claimed.signer()).cloned();
        let heard =
            key.and_then(|key| claimed.verify(&key).ok()).ok_or(EngineError::LogNotSigned)?;
        let membership = &self.city()?.membership;
        let of_this_log = heard.record.city == membership.city
            && heard.record.cursor.log == membership.log
            && heard.record.group == group;
        if of_this_log { Ok(heard) } else { Err(EngineError::LogNotSigned) }
    }

    /// The digest of what answers say, of the commits as they are here.
    fn said_by(&self, answers: &Answers) -> Result<Option<Digest>, EngineError> {
        let own = self.device();
        let mut failed = None;
        let digest_of = |key: &CommitKey| {
            let author = key.author.unwrap_or(own);
            match self.store.commit_of(author.as_bytes(), &key.command) {
                Ok(known) => known.map(|(_, commit)| Digest::of(&commit.bytes)),
                Err(error) => {
                    failed = Some(error);
                    None
                }
            }
        };
        let group = group_of_answers(&answers.answers, digest_of);
        failed.map_or(Ok(group), |error| Err(error.into()))
    }
}

/// The highest that was kept.
pub(super) fn read(store: &View) -> Result<Option<SignedHeard>, EngineError> {
    let Some(bytes) = store.meta(meta::HEARD)? else { return Ok(None) };
    SignedHeard::read_stored(&bytes).map(Some).map_err(|_| EngineError::DamagedMeta)
}
