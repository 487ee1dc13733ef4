//! What the dear steps of the guard took, counted.

/// What checking has taken beyond reading the bytes that came.
///
/// Bytes are bounded by whoever sends them; these are what a few bytes can ask for. They are counted,
/// so that a test can say what a refusal may cost, and so that a server can divide its work by what
/// it takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Spent {
    /// Operations that were to be made again.
    pub replayed_ops: u64,
    /// Documents that had to be made anew as they were at some earlier time.
    pub forks: u64,
    /// The changes of those documents: making an earlier state walks through all of them.
    pub forked_changes: u64,
}

impl Spent {
    /// What both took together.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self {
            replayed_ops: self.replayed_ops + other.replayed_ops,
            forks: self.forks + other.forks,
            forked_changes: self.forked_changes + other.forked_changes,
        }
    }

    /// What was spent since `before` was counted.
    #[must_use]
    pub const fn since(self, before: Self) -> Self {
        Self {
            replayed_ops: self.replayed_ops - before.replayed_ops,
            forks: self.forks - before.forks,
            forked_changes: self.forked_changes - before.forked_changes,
        }
    }
}
