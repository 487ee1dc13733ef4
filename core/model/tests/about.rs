//! What a command is about is called as the documents say, and what is in none as the commands say.
#![allow(missing_docs, clippy::unwrap_used)]

mod common;

use common::tables::tables;
use common::{Replica, add_household, add_region, household_id, region_id, residents};
use keting_model::household::{HouseholdCommand, NewResident};
use keting_model::household_visits::VisitsCommand;
use keting_model::query::{Naming, Withheld, about_command};
use keting_model::region::RegionCommand;
use keting_model::withdrawal::{Record, WithdrawalCommand};
use keting_model::{Command, Document, DocumentKind, Fields, Role, Settle, Value};
use serde_json::{Value as Json, json};

fn named(alice: &Replica, withheld: &Withheld, naming: &Naming, command: &Command) -> Json {
    let found = about_command(&tables(&alice.rows()), withheld, naming, command).unwrap();
    serde_json::to_value(found).unwrap()
}

/// A replica with a region and a household of one resident.
fn alice() -> Replica {
    let mut alice = Replica::new(1);
    alice.run(&add_region(1, None, "town")).unwrap();
    let person = Fields::new().with("name", "李一").with("phone", "13800000001");
    let add = add_household(&mut alice, 1, 1, &[person]);
    alice.run(&add).unwrap();
    alice
}

#[test]
fn what_stands_is_called_as_its_documents_say() {
    let mut alice = alice();
    let (household, time) = (household_id(1), alice.time());
    let resident = residents(&alice, 1)[0];
    let visit = alice.fresh();
    let fields = Fields::new().with("at", "2026-05-01").with("purpose", "回访");
    let add_visit = Command::Visits(VisitsCommand::AddVisit { household, visit, fields, time });
    alice.run(&add_visit).unwrap();
    let (fact, reason, record) =
        (alice.fresh(), "记错".to_owned(), Record::Visit { visit, year: 2026 });
    let withdraw =
        WithdrawalCommand::Withdraw { household, record, fact, reason, seen: Vec::new(), time };
    let fields = Fields::new().with("name", "李二");
    let edit = HouseholdCommand::EditResident { household, resident, fields, time };
    let settle = |document: &Document, key: &str| {
        let (document, key) = (document.id(), key.to_owned());
        Command::Settle(Settle { document, key, value: Value::Null, time })
    };
    let of_household = &alice.documents[&household];
    let settles = [
        settle(of_household, &format!("r/{resident}/phone")),
        settle(&alice.documents[&region_id(1)], "name"),
    ];
    let nothing = Withheld::nothing();
    let say = |command: &Command| named(&alice, &nothing, &Naming::default(), command);

    for command in [Command::Household(edit), settles[0].clone()] {
        let said = say(&command);
        assert_eq!(said["resident"], json!({ "id": resident.to_string(), "name": "李一" }));
        assert_eq!(said["household"]["id"], household.to_string());
        assert!(said["household"]["address"].is_string(), "{said}");
        assert_eq!(said["region"]["id"], region_id(1).to_string());
        assert!(said["region"]["code"].is_string() && said["region"]["name"].is_string());
    }
    let said = say(&Command::Withdrawal(withdraw));
    let at = "2026-05-01";
    assert_eq!(said["visit"], json!({ "id": visit.to_string(), "at": at, "purpose": "回访" }));
    let said = say(&settles[1]);
    assert_eq!(
        (&said["household"], &said["region"]["id"]),
        (&Json::Null, &region_id(1).to_string().into())
    );
}

#[test]
fn what_is_in_no_document_is_called_as_the_commands_say_and_lies_where_they_say() {
    let mut bob = Replica::new(2);
    let time = bob.time();
    let [household, region] = [DocumentKind::Household, DocumentKind::Region]
        .map(|kind| keting_model::DocumentId::from_random(kind, [9; 14]));
    let ids = [bob.fresh(), bob.fresh(), bob.fresh(), bob.fresh()];
    let fields = Fields::new().with("code", "990481991").with("name", "九镇").with("level", "town");
    let add_region = RegionCommand::Add { region, parent: None, fields };
    let fields = Fields::new().with("address", "一号");
    let add = HouseholdCommand::Add { household, region, fields, residents: Vec::new(), time };
    let fields = Fields::new().with("name", " 李一 ");
    let resident = NewResident { resident: ids[0], fact: ids[1], fields };
    let add_resident = HouseholdCommand::AddResident { household, resident, time };
    let (text, need) = ("修灯".to_owned(), ids[2]);
    let add_need = HouseholdCommand::AddNeed { household, need, text, time };
    let (text, note) = ("独居".to_owned(), ids[3]);
    let add_note = VisitsCommand::AddNote { household, note, text, time };
    let all = [
        Command::Region(add_region),
        Command::Household(add),
        Command::Household(add_resident),
        Command::Household(add_need),
        Command::Visits(add_note),
    ];
    let mut naming = Naming::default();
    all.iter().for_each(|command| naming.hear(command));
    let said = all.map(|command| named(&bob, &Withheld::nothing(), &naming, &command));

    for one in &said {
        assert_eq!(
            (&one["region"]["code"], &one["region"]["name"]),
            (&json!("990481991"), &json!("九镇"))
        );
    }
    for one in &said[1..] {
        assert_eq!(one["household"]["address"], "一号");
    }
    assert_eq!(said[2]["resident"]["name"], "李一", "in its normal form");
    assert_eq!(said[3]["need"]["text"], "修灯");
    assert_eq!(
        (&said[4]["note"]["text"], &said[4]["note"]["at"]),
        (&json!("独居"), &json!("2026-06-01"))
    );
}

#[test]
fn what_the_readers_role_may_not_read_is_not_said() {
    let mut alice = alice();
    let (household, time) = (household_id(1), alice.time());
    let (note, fact) = (alice.fresh(), alice.fresh());
    let add = VisitsCommand::AddNote { household, note, text: "独居".to_owned(), time };
    alice.run(&Command::Visits(add)).unwrap();
    let (record, reason) = (Record::Note { note, year: 2026 }, None);
    let restore = WithdrawalCommand::Restore { household, record, fact, reason, time };
    let restore = Command::Withdrawal(restore);
    let by = |withheld: &Withheld| named(&alice, withheld, &Naming::default(), &restore);

    assert_eq!(by(&Withheld::nothing())["note"]["text"], "独居");
    let elsewhere = Withheld::nothing().within(vec![region_id(2)]);
    for withheld in [Withheld::from_roles(&[Role::Administrator]), elsewhere] {
        let said = by(&withheld);
        assert_eq!(said["note"]["text"], Json::Null);
        assert_eq!((&said["household"]["address"], &said["region"]), (&Json::Null, &Json::Null));
    }
}
