//! What the operator names by an id, or by how one begins.

/// Says that a text names no single thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unnamed {
    /// Nothing has an id that begins so, or nothing was written.
    Nothing,
    /// Several have.
    Several,
}

/// The only one whose id, in hexadecimal digits, begins as the operator wrote.
pub(crate) fn only_named<T, I: ToString>(
    all: impl Iterator<Item = T>,
    id: impl Fn(&T) -> I,
    wanted: &str,
) -> Result<T, Unnamed> {
    let wanted = wanted.to_lowercase();
    let mut found = all.filter(|one| id(one).to_string().starts_with(&wanted));
    match (found.next(), found.next()) {
        _ if wanted.is_empty() => Err(Unnamed::Nothing),
        (Some(only), None) => Ok(only),
        (Some(_), Some(_)) => Err(Unnamed::Several),
        (None, _) => Err(Unnamed::Nothing),
    }
}
