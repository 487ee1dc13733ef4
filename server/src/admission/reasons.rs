//! Why a commit is not admitted, and what follows from it: one table.
//!
//! A verdict has a number and is for good, so it is passed only on what no waiting can change. A
//! reason that may pass is a refusal: nothing is numbered, the commit stays in its author's outbox,
//! and it goes again by itself on the next connection. `docs/verdicts.md` is made from this table.
//!
//! What nobody we know signed is in no row: it is refused to whoever sent it, and counted.

/// What follows from a reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consequence {
    /// A verdict in the log holds the commit.
    Held,
    /// The commit is refused, and may be admitted another time.
    RefusedForNow,
}

/// A reason not to admit a commit that a granted key signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reason {
    /// The code its author is told.
    pub code: &'static str,
    /// What follows from it.
    pub consequence: Consequence,
    /// What could change it, or why nothing can.
    pub because: &'static str,
}

/// Every reason, those that hold first.
pub const REASONS: &[Reason] = &[
    held("not_granted", "no grant of the author's ever covered it"),
    held("grant_revoked", "the device was ended before it made this"),
    held("ancestor_held", "it builds on what is held"),
    held("document_exists", "the document was made first by somebody else"),
    held("already_exists", "the item was made first by somebody else"),
    held("code_exists", "a region's code is never free again"),
    held("document_full", "a history grows and never shrinks"),
    held("malformed", THE_BYTES),
    held("limit", THE_BYTES),
    held("grammar", THE_BYTES),
    held("stamp_differs", THE_BYTES),
    held("not_in_commit", THE_BYTES),
    held("document_twice", THE_BYTES),
    held("unknown_command", THE_BYTES),
    held("unknown_key", THE_BYTES),
    held("not_this_command", THE_BYTES),
    held("invalid_value", THE_BYTES),
    held("written_twice", THE_BYTES),
    held("too_many_items", THE_BYTES),
    held("wrong_time", THE_BYTES),
    held("bad_commit", THE_BYTES),
    held("replay_differs", AS_SEEN),
    held("already_set", AS_SEEN),
    held("unchanged", AS_SEEN),
    held("conflicted", AS_SEEN),
    held("nothing_to_settle", AS_SEEN),
    held("incomplete", AS_SEEN),
    held("not_found", AS_SEEN),
    held("wrong_owner", AS_SEEN),
    held("wrong_year", AS_SEEN),
    held("wrong_parent", AS_SEEN),
    held("concealed", AS_SEEN),
    held("wrong_code", AS_SEEN),
    held("fact_not_current", AS_SEEN),
    held("fact_left_out", AS_SEEN),
    for_now("grant_ended", "the grant may be renewed"),
    for_now("grant_not_yet_valid", "the grant begins to be valid"),
    for_now("sequence_reused", "a device that was put back to an older state makes it anew"),
    for_now("position_behind", "a device that was put back to an older state makes it anew"),
    for_now("fork", "a device that was put back to an older state makes it anew"),
    for_now("missing_dependency", "what it builds on may come, or it is made anew on what stands"),
    for_now("parts_missing", "the missing parts may come"),
    for_now("quota_exceeded", "a day begins anew, and what was held is settled"),
    for_now("too_many_branches", "another edit brings the branches together"),
    for_now("server_needs_update", "the server is updated"),
    for_now("log_diverged", "the server gets back what it lost"),
];

const THE_BYTES: &str = "its bytes say so whatever else happens";
const AS_SEEN: &str = "the documents as its author saw them stay as they were";

/// The reason that a code stands for.
///
/// What only a newer version can judge has one code here, whatever in it is too new.
pub(super) fn reason(code: &'static str) -> Reason {
    let code = match code {
        "needs_newer_app" | "unknown_kind" => "server_needs_update",
        code => code,
    };
    let known = REASONS.iter().find(|reason| reason.code == code);
    debug_assert!(known.is_some(), "{code} is in no row of the table");
    // Nothing lasting follows from what nobody thought of.
    known.copied().unwrap_or(for_now(code, ""))
}

const fn held(code: &'static str, because: &'static str) -> Reason {
    Reason { code, consequence: Consequence::Held, because }
}

const fn for_now(code: &'static str, because: &'static str) -> Reason {
    Reason { code, consequence: Consequence::RefusedForNow, because }
}
