//! The id of a conflict, by which an app settles what its screen shows, and nothing else.

use sha2::{Digest, Sha256};

use crate::conflict::ConflictView;
use crate::define_id;
use crate::id::DocumentId;

define_id!(
    /// What has to be settled, as it stood when it was read: the region or household it is about, and a
    /// digest of everything that people said. Once somebody says more, or settles it, there is no such
    /// conflict any more.
    ConflictId, 32
);

const HOME_BYTES: usize = DocumentId::LEN_BYTES;

impl ConflictView {
    /// Its id, as it stands.
    pub fn id(&self) -> ConflictId {
        let mut hash = Sha256::new();
        let mut add = |bytes: &[u8]| {
            hash.update((bytes.len() as u64).to_be_bytes());
            hash.update(bytes);
        };
        add(b"keting/conflict/1");
        add(self.document.as_bytes());
        add(self.key.as_bytes());
        for value in &self.values {
            add(b"value");
            add(value.value.as_bytes());
        }
        for fact in &self.facts {
            add(b"fact");
            add(fact.fact.as_bytes());
        }
        for done in &self.meanwhile {
            add(b"meanwhile");
            add(done.key.as_bytes());
            for text in [&done.value, &done.at, &done.reason] {
                add(text.as_deref().unwrap_or_default().as_bytes());
            }
        }
        let digest: [u8; 32] = hash.finalize().into();
        let mut bytes = [0; ConflictId::LEN_BYTES];
        let (home, rest) = bytes.split_at_mut(HOME_BYTES);
        home.copy_from_slice(self.home.as_bytes());
        rest.iter_mut().zip(digest).for_each(|(byte, digest)| *byte = digest);
        ConflictId::new(bytes)
    }
}

impl ConflictId {
    /// The region or household it is about.
    pub fn home(&self) -> Option<DocumentId> {
        DocumentId::from_slice(self.as_bytes().get(..HOME_BYTES)?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conflict::ConflictValue;
    use crate::kind::DocumentKind;

    #[test]
    fn the_id_of_a_conflict_names_its_home_and_changes_with_what_was_said() {
        let home = DocumentId::from_random(DocumentKind::Household, [1; 14]);
        let of = |values: &[&str]| {
            let value = |value: &&str| ConflictValue { value: (*value).into(), entered: vec![] };
            let values: Vec<_> = values.iter().map(value).collect();
            let conflict = ConflictView {
                document: home,
                home,
                key: "address".into(),
                shown: String::new(),
                values,
                facts: Vec::new(),
                meanwhile: Vec::new(),
                may_settle: true,
            };
            conflict.id()
        };
        assert_eq!(of(&["一号", "二号"]), of(&["一号", "二号"]));
        assert_ne!(of(&["一号", "二号"]), of(&["一号", "二号", "三号"]));
        assert_ne!(of(&["一号", "二号"]), of(&["一号二号"]));
        assert_eq!(of(&["一号"]).home(), Some(home));
        assert_eq!(of(&["一号"]).to_string().parse(), Ok(of(&["一号"])));
    }
}
