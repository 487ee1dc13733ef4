//! What a reader may also write, so that a screen offers nobody what would be refused.

use std::collections::BTreeSet;

use crate::role::{Family, Role};

/// The families of fields that a reader may write, where their grant covers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permitted {
    families: BTreeSet<Family>,
}

impl Permitted {
    /// Everything: for tests, and for tools of the server's operator.
    pub fn everything() -> Self {
        Self { families: Family::ALL.into_iter().collect() }
    }

    /// What somebody who holds these roles may write.
    pub fn from_roles(roles: &[Role]) -> Self {
        Self { families: roles.iter().flat_map(|role| role.writes()).copied().collect() }
    }

    /// Whether a family is among them.
    pub fn permits(&self, family: Family) -> bool {
        self.families.contains(&family)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_steward_may_write_needs_and_no_resident_and_a_head_both() {
        let may = |role| {
            let permitted = Permitted::from_roles(&[role]);
            [Family::Need, Family::Resident].map(|family| permitted.permits(family))
        };
        assert_eq!(may(Role::Steward), [true, false]);
        assert_eq!(may(Role::MicroGridHead), [true, true]);
    }
}
