//! What was entered by mistake: somebody withdraws it, or finds that it was right.

use keting::parts::Replica;
use keting_model::query::visits_and_notes;
use keting_model::withdrawal::{Record, WithdrawalCommand};
use keting_model::{CityTime, Command, DocumentId, ItemId};
use keting_testkit::rng::Rng;

use super::item;

/// Withdraws a record of a household, having seen all that is here of it.
pub(super) fn withdraw(
    rng: &mut Rng,
    replica: &Replica,
    (household, record): (DocumentId, Record),
    time: CityTime,
) -> Command {
    let (fact, reason) =
        (item(rng), ["entered twice", "of another house"][rng.index(2)].to_owned());
    let seen = match record {
        Record::Household => visits_and_notes(replica.store(), &household).unwrap_or_default(),
        _ => Vec::new(),
    };
    let withdraw = WithdrawalCommand::Withdraw { household, record, fact, reason, seen, time };
    Command::Withdrawal(withdraw)
}

/// Restores a record of a household.
pub(super) fn restore(
    rng: &mut Rng,
    (household, record): (DocumentId, Record),
    time: CityTime,
) -> Command {
    let (fact, reason) = (item(rng), rng.chance(1, 2).then(|| "it was right".to_owned()));
    Command::Withdrawal(WithdrawalCommand::Restore { household, record, fact, reason, time })
}

/// The record whose withdrawals stand below `root`, if it is here.
pub(super) fn record_at(
    root: &str,
    of: DocumentId,
    known: &[(DocumentId, Record)],
) -> Option<Record> {
    let mut segments = root.split('/');
    let (letter, id) = (segments.next()?, segments.next());
    let Some(id) = id else { return Some(Record::Household) };
    let id: ItemId = id.parse().unwrap();
    match letter {
        "r" => Some(Record::Resident(id)),
        "n" => Some(Record::Need(id)),
        _ => known.iter().map(|(household, record)| (*household, *record)).find_map(|one| {
            let is_it = matches!(one, (at, Record::Visit { visit, .. }) if (at, visit) == (of, id));
            is_it.then_some(one.1)
        }),
    }
}
