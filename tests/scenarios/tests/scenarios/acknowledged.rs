//! What a phone keeps of its own work once the server has it: under which number, and for how long.

use keting::parts::{Waiting, replica_of};
use keting_model::Fields;
use keting_scenarios::city::{City, MICRO_GRID};
use keting_scenarios::liar::Liar;
use keting_scenarios::phone::{Phone, Two};
use keting_scenarios::served::ServedCity;
use keting_store::CommitRow;
use keting_sync::message::Answers;
use keting_sync::{Answer, CommitKey, Entry, Group, Outcome, Persist};
use keting_trust::RecordKind;

#[test]
fn an_edit_has_the_number_that_the_log_brings_whatever_was_answered_before_or_after() {
    let city = City::start();
    let mut liar = Liar::of(&city);
    for log_comes_first in [false, true] {
        let Two { alice, household, .. } = Two::in_city(&city);
        for address in ["望潮苑1幢1单元102室", "望潮苑1幢1单元103室"] {
            alice.edit(household, Fields::new().with("address", address)).unwrap();
        }
        let [first, second] = waiting(&alice).try_into().unwrap();
        let head = liar.head();
        let at = alice.keting.status().unwrap().cursor.unwrap().number;
        // Each is answered with the number of the other.
        let given = vec![answer(&first, at + 2), answer(&second, at + 1)];
        let answers = kept(vec![liar.answers(&alice, given, head)], Vec::new());
        let log = liar.group(head, vec![entry(&first, at + 1), entry(&second, at + 2)]);
        let log = kept(Vec::new(), vec![log]);
        let (one, other) = if log_comes_first { (log, answers) } else { (answers, log) };
        let mut replica = replica_of(&alice.keting);
        replica.persist(&one).unwrap();
        replica.persist(&other).unwrap();
        let number = |row: CommitRow| replica.store().commit(row).unwrap().unwrap().number;
        assert_eq!([number(first.row), number(second.row)], [Some(at + 1), Some(at + 2)]);
        assert_eq!(replica.outbox(9).unwrap(), []);
    }
}

#[test]
fn acknowledged_work_is_kept_until_the_server_has_a_backup_of_it() {
    let city = ServedCity::start();
    let alice = city.phone("陆德祥", "micro_grid_head", MICRO_GRID);
    let mut rows = Vec::new();
    for number in 1..=3 {
        alice.add_household(MICRO_GRID, &format!("望潮苑1幢1单元{number}室"), "李一");
        rows.extend(waiting(&alice).iter().map(|waiting| waiting.row));
        alice.sync();
    }
    let number = |row: &CommitRow| {
        replica_of(&alice.keting).store().commit(*row).unwrap().unwrap().number.unwrap()
    };
    let numbers: Vec<_> = rows.iter().map(number).collect();
    let is_kept =
        |row: &CommitRow| replica_of(&alice.keting).store().outbox_entry(*row).unwrap().is_some();
    assert!(rows.iter().all(is_kept), "nothing is backed up yet");

    city.alter(&format!("UPDATE head SET backed_up_to = {}", numbers[1]));
    alice.sync();
    let kept: Vec<_> = rows.iter().map(is_kept).collect();
    assert_eq!(kept, [false, false, true]);
}

fn waiting(phone: &Phone) -> Vec<Waiting> {
    replica_of(&phone.keting).waiting(None, 9, u64::MAX).unwrap()
}

fn answer(of: &Waiting, number: u64) -> Answer {
    let commit = CommitKey::own(of.commit.command);
    Answer { commit, outcome: Outcome::Admitted { number } }
}

fn entry(of: &Waiting, number: u64) -> Entry {
    let (record, parts) = (of.bytes.clone(), of.parts.clone());
    Entry { number, kind: RecordKind::Commit.code(), record, parts }
}

fn kept(answers: Vec<Answers>, groups: Vec<Group>) -> Persist {
    Persist { id: 1, channel_binding: Vec::new(), enrolled: None, answers, groups, moved: None }
}
