//! What people type, brought to one form: always the same one, no digit less, and the rule takes it.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

mod common;

use common::{
    Replica, add_household, add_region, edit_resident, household_id, region_id, residents,
};
use keting_model::household::HouseholdCommand;
use keting_model::household_private::PrivateCommand;
use keting_model::household_visits::VisitsCommand;
use keting_model::input::{Checked, Field, Takes, check};
use keting_model::region::RegionCommand;
use keting_model::withdrawal::{Record, WithdrawalCommand};
use keting_model::{
    CityTime, Command, Fields, InvalidValue, Op, Plan, RULE_VERSION, Settle, Touched, Value, judge,
};
use proptest::prelude::*;

/// Characters that keyboards, spreadsheets and messengers mix.
fn typed() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => "[0-9]{1,4}",
        1 => "[０-９]{1,3}",
        1 => "[ \\t\\r\\n\u{a0}\u{3000}\u{2028}]{1,2}",
        1 => "[-－—‐−+＋()（）#转x:：.．·・•/年月日]",
        1 => "[\u{200b}\u{feff}\u{200d}\u{202a}\u{202c}\u{ad}\u{fe0f}\u{301}]",
        1 => "[a-zA-ZＡ-Ｚé户主独居老人张三王男女\u{fa1e}\u{1100}\u{1161}]{1,3}",
        1 => any::<char>().prop_map(String::from),
    ];
    prop::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

/// Values that some field takes.
const KNOWN: [&str; 25] = [
    "13812345678",
    "0573-87651234-802",
    "661234",
    "95588",
    "400-812-3456 转 2",
    "11010519491231002X",
    "1962-05-05",
    "昨天",
    "11月20日",
    "11-20",
    "老婆",
    "长子",
    "低保",
    "去世",
    "户主",
    "living_alone",
    "moved_out",
    "met",
    "男",
    "owned",
    "微网格",
    "both",
    "潮乡1幢",
    "买买提·阿卜杜拉",
    "990481101",
];

/// Values that some field takes, and others.
fn likely() -> impl Strategy<Value = String> {
    let with_blanks = (prop::sample::select(&KNOWN[..]), "[ \u{200b}\u{3000}]{0,2}");
    prop_oneof![typed(), with_blanks.prop_map(|(known, blanks)| format!("{blanks}{known}{blanks}")),]
}

fn field() -> impl Strategy<Value = Field> {
    prop::sample::select(Field::ALL)
}

/// Somebody who has a household with one resident and a need.
struct Typist {
    replica: Replica,
    need: keting_model::ItemId,
}

impl Typist {
    fn new() -> Self {
        let mut replica = Replica::new(1);
        replica.run(&add_region(1, None, "town")).unwrap();
        let resident = Fields::new().with("name", "李一");
        let add = add_household(&mut replica, 1, 1, &[resident]);
        replica.run(&add).unwrap();
        let (need, time) = (replica.fresh(), replica.time());
        let text = "修灯".to_owned();
        let household = household_id(1);
        let add = HouseholdCommand::AddNeed { household, need, text, time };
        replica.run(&Command::Household(add)).unwrap();
        Self { replica, need }
    }

    /// A command by which a field becomes what somebody typed.
    fn command(&mut self, field: Field, typed: &str) -> Command {
        let (household, time) = (household_id(1), self.replica.time());
        let resident = residents(&self.replica, 1)[0];
        let id = self.replica.fresh();
        let typed = || typed.to_owned();
        let with = |name: &str| Fields::new().with(name, typed());
        match field {
            Field::Address | Field::AddressCode | Field::Tenure => {
                let fields = with(field.name());
                Command::Household(HouseholdCommand::Edit { household, fields })
            }
            Field::CareTag => {
                let fields = Fields::new().with_care_tag(&typed(), true);
                edit_resident(&self.replica, 1, resident, fields)
            }
            Field::Status | Field::StatusReason | Field::StatusAt => {
                let given = |wanted| (field == wanted).then(typed);
                let status = given(Field::Status).unwrap_or_else(|| "away".to_owned());
                let (reason, at) = (given(Field::StatusReason), given(Field::StatusAt));
                Command::Household(HouseholdCommand::SetStatus {
                    household,
                    resident,
                    fact: id,
                    status,
                    reason,
                    at,
                    time,
                })
            }
            Field::Need => Command::Household(HouseholdCommand::AddNeed {
                household,
                need: id,
                text: typed(),
                time,
            }),
            Field::NeedStatus | Field::NeedNote => {
                let status = if field == Field::NeedStatus { typed() } else { "met".to_owned() };
                let note = (field == Field::NeedNote).then(typed);
                let need = self.need;
                Command::Household(HouseholdCommand::AdvanceNeed {
                    household,
                    need,
                    fact: id,
                    status,
                    note,
                    time,
                })
            }
            Field::VisitAt | Field::VisitPurpose | Field::VisitNote | Field::VisitBy => {
                let fields = Fields::new().with("at", "2026-05-01").with("purpose", "日常");
                let mut fields = fields;
                fields.set(field.name(), typed());
                Command::Visits(VisitsCommand::AddVisit { household, visit: id, fields, time })
            }
            Field::WithdrawalReason => {
                let (record, fact, seen) = (Record::Resident(resident), id, Vec::new());
                let reason = typed();
                let withdraw =
                    WithdrawalCommand::Withdraw { household, record, fact, reason, seen, time };
                Command::Withdrawal(withdraw)
            }
            Field::Note => {
                Command::Visits(VisitsCommand::AddNote { household, note: id, text: typed(), time })
            }
            Field::RegionCode
            | Field::RegionName
            | Field::RegionLevel
            | Field::RegionBoundary
            | Field::RegionHead => {
                let mut fields =
                    Fields::new().with("code", "990482").with("name", "新乡").with("level", "city");
                fields.set(field.name(), typed());
                Command::Region(RegionCommand::Add { region: region_id(9), parent: None, fields })
            }
            Field::Name
            | Field::Relation
            | Field::Phone
            | Field::Bond
            | Field::IdNumber
            | Field::BirthDate
            | Field::Sex
            | Field::Health
            | Field::Disability => edit_resident(&self.replica, 1, resident, with(field.name())),
        }
    }
}

fn writes(plan: &Plan, value: &str) -> bool {
    let written = plan.edits.iter().flat_map(|edit| &edit.ops).filter_map(|op| op.written());
    written.into_iter().any(|(key, written)| *written == Value::from(value) || key.ends_with(value))
}

proptest! {
    #[test]
    fn a_normal_form_is_its_own_normal_form(field in field(), text in likely()) {
        let now = CityTime::new(common::NOW_MS);
        if let Ok(checked) = check(field, &text, now) {
            let again = check(field, &checked.value, now);
            // In its normal form a day has its year.
            prop_assert_eq!(again, Ok(Checked { is_of_last_year: false, ..checked }));
        }
    }

    /// [`Replica::run`] has the rule judge what was planned.
    #[test]
    fn what_check_takes_is_planned_written_as_it_says_and_taken_by_the_rule(field in field(), text in likely()) {
        let mut typist = Typist::new();
        let checked = check(field, &text, typist.replica.time());
        let command = typist.command(field, &text);
        let planned = typist.replica.run(&command);
        match checked {
            Ok(checked) if checked.value.is_empty() => {}
            // A region's level may not fit its place; a value may be what stands already.
            Ok(_) if field == Field::RegionLevel => {}
            Ok(checked) if checked.value == "open" => {}
            Ok(checked) => prop_assert!(writes(&planned.unwrap(), &checked.value), "{:?}", command),
            Err(refused) => prop_assert_eq!(planned.unwrap_err().code(), refused.rule.code()),
        }
    }

    #[test]
    fn no_digit_is_lost_whatever_stands_between(
        number in prop::sample::select(&[
            "13812345678", "661234", "95588", "4008123456", "4008123456-802", "0573-87651234", "010-8765123-12",
        ][..]),
        noise in prop::collection::vec("[ \u{200b}\u{3000}\u{202d}\u{a0}]{0,2}", 20),
        country in prop::sample::select(&["", "+86", "0086 ", "（+86）"][..]),
        wide in any::<bool>(),
    ) {
        let prefix = if number.len() <= 6 { "" } else { country };
        let widened = |c: char| match c {
            '0'..='9' if wide => char::from_u32(u32::from(c) - u32::from('0') + 0xff10).unwrap(),
            c => c,
        };
        let digits: String = number.chars().zip(&noise).map(|(c, noise)| format!("{noise}{}", widened(c))).collect();
        let checked = check(Field::Phone, &format!("{prefix}{digits}"), CityTime::new(common::NOW_MS));
        // Blanks between single digits may hide where an extension begins: then it is refused.
        match checked {
            Ok(checked) => prop_assert_eq!(checked.value, number),
            Err(refused) => prop_assert!(number.contains('-'), "{:?}", refused),
        }
    }

    /// Every digit stands in these numbers.
    #[test]
    fn no_digit_is_lost_in_full_width(
        (field, number) in prop::sample::select(&[
            (Field::Phone, "13025467898"),
            (Field::Phone, "0573-87651240-9"),
            (Field::Phone, "4001236789-5"),
            (Field::IdNumber, "123456197808202349"),
            (Field::IdNumber, "11010519491231002X"),
            (Field::BirthDate, "1978-05-23"),
            (Field::VisitAt, "1964-10-29"),
            (Field::RegionCode, "1234567890123456789"),
        ][..]),
        unseen in prop::collection::vec("[\u{200b}\u{feff}\u{2060}]{0,2}", 20),
    ) {
        let wide = |c: char| match c {
            '!'..='~' => char::from_u32(u32::from(c) + 0xfee0).unwrap(),
            c => c,
        };
        let typed: String =
            number.chars().zip(&unseen).map(|(c, unseen)| format!("{unseen}{}", wide(c))).collect();
        let checked = check(field, &typed, CityTime::new(common::NOW_MS)).unwrap();
        prop_assert_eq!(checked.value, number);
    }

    #[test]
    fn no_digit_letter_or_character_of_a_text_is_lost(field in field(), text in "[0-9０-９张三王a-zA-Z 　\u{200b}\t]{1,30}") {
        let now = CityTime::new(common::NOW_MS);
        let kept = |text: &str| -> String {
            let kept = text.chars().filter(|c| c.is_alphanumeric());
            kept.map(|c| match c {
                '０'..='９' => char::from_u32(u32::from(c) - 0xff10 + u32::from('0')).unwrap(),
                c => c,
            }).collect()
        };
        let is_word = matches!(field.takes(), Takes::Words(_));
        let holds_text = !is_word && check(field, "户主", now).is_ok();
        if let Ok(checked) = check(field, &text, now) && holds_text {
            prop_assert_eq!(kept(&checked.value), kept(&text));
        }
    }
}

#[test]
fn a_command_with_values_as_people_type_them_writes_their_normal_forms() {
    let mut typist = Typist::new();
    let resident = residents(&typist.replica, 1)[0];
    let fields = Fields::new()
        .with("name", "买买提 ・ 阿卜杜拉")
        .with("phone", "（０５７３）87651234 转 802")
        .with("id_number", "110105 19491231 002x")
        .with("relation", "户主")
        .with_care_tag("独居老人", true);
    let edit = edit_resident(&typist.replica, 1, resident, fields);
    let plan = typist.replica.run(&edit).unwrap();
    for value in
        ["买买提·阿卜杜拉", "0573-87651234-802", "11010519491231002X", "head", "t/living_alone"]
    {
        assert!(writes(&plan, value), "{value}: {plan:?}");
    }
    assert_eq!(typist.replica.run(&edit).unwrap_err().code(), "nothing_changed");
}

#[test]
fn all_fields_that_are_wrong_are_told_at_once_and_planning_names_the_first() {
    let mut typist = Typist::new();
    let resident = residents(&typist.replica, 1)[0];
    let fields = Fields::new()
        .with("phone", "87651234")
        .with("relation", "户主")
        .with("sex", "没说")
        .with("birth_date", "2062-05-05")
        .with_care_tag("孤寡", true);
    let edit = edit_resident(&typist.replica, 1, resident, fields);
    let refused = edit.refused(typist.replica.time());
    let told: Vec<_> = refused.iter().map(|one| (one.field, one.rule.code())).collect();
    let wrong = [
        (Field::Phone, "not_a_phone"),
        (Field::Sex, "unknown_word"),
        (Field::BirthDate, "in_the_future"),
        (Field::CareTag, "unknown_word"),
    ];
    assert_eq!(told, wrong);
    assert_eq!(typist.replica.run(&edit).unwrap_err().code(), "not_a_phone");
    let right = edit_resident(&typist.replica, 1, resident, Fields::new().with("sex", "女"));
    assert_eq!(right.refused(typist.replica.time()), []);
}

#[test]
fn a_birth_that_contradicts_the_identity_number_is_refused_together_and_apart() {
    let mut typist = Typist::new();
    let resident = residents(&typist.replica, 1)[0];
    let mut edit = |fields: Fields| {
        let edit = edit_resident(&typist.replica, 1, resident, fields);
        typist.replica.run(&edit).map(drop).map_err(|error| error.code())
    };
    let number = || Fields::new().with("id_number", "11010519491231002X");
    assert_eq!(edit(number().with("birth_date", "1949-12-30")), Err("contradicts_id_number"));
    assert_eq!(edit(Fields::new().with("birth_date", "1949-12-30")), Ok(()));
    assert_eq!(edit(number()), Err("contradicts_id_number"));
    assert_eq!(edit(number().with("birth_date", "1949-12-31")), Ok(()));
    assert_eq!(edit(Fields::new().with("birth_date", "1950-01-01")), Err("contradicts_id_number"));
    assert_eq!(edit(Fields::new().with("birth_date", "")), Ok(()));
}

#[test]
fn a_sex_that_contradicts_the_identity_number_is_refused_together_and_apart() {
    let mut typist = Typist::new();
    let resident = residents(&typist.replica, 1)[0];
    let woman = "11010519491231002X";
    let with = |name: &str, value: &str| Fields::new().with(name, value);
    let mut edit = |fields: &Fields, private: bool| {
        let (household, fields) = (household_id(1), fields.clone());
        let edit = if private {
            Command::Private(PrivateCommand::Edit { household, resident, fields })
        } else {
            edit_resident(&typist.replica, 1, resident, fields)
        };
        typist.replica.run(&edit).map(drop).map_err(|error| error.to_string())
    };
    let refused = "the field sex is not valid: it is another sex than the 17th digit of the identity number says";
    let refused = Err(refused.to_owned());
    assert_eq!(edit(&with("id_number", woman).with("sex", "男"), false), refused);
    assert_eq!(edit(&with("sex", "男"), true), Ok(()));
    assert_eq!(edit(&with("id_number", woman), false), refused);
    assert_eq!(edit(&with("id_number", woman).with("sex", ""), false), Ok(()));
    assert_eq!(edit(&with("sex", "男"), true), refused);
    assert_eq!(edit(&with("sex", "女"), true), Ok(()));
    assert_eq!(edit(&with("id_number", "110105194912310011"), false), refused);
    assert_eq!(edit(&with("id_number", "").with("sex", "男"), false), Ok(()));
}

#[test]
fn nobody_dies_before_they_are_born_nor_leaves_before_they_come() {
    let mut typist = Typist::new();
    let resident = residents(&typist.replica, 1)[0];
    let say = |typist: &mut Typist, status: &str, day: &str| {
        let (fact, time) = (typist.replica.fresh(), typist.replica.time());
        let (household, reason) = (household_id(1), None);
        let (status, at) = (status.to_owned(), Some(day.to_owned()));
        let said =
            HouseholdCommand::SetStatus { household, resident, fact, status, reason, at, time };
        typist.replica.run(&Command::Household(said)).map(drop).map_err(|error| error.code())
    };
    let born = |typist: &mut Typist, field: &str, value: &str| {
        let edit = edit_resident(&typist.replica, 1, resident, Fields::new().with(field, value));
        typist.replica.run(&edit).map(drop).map_err(|error| error.to_string())
    };
    assert_eq!(born(&mut typist, "birth_date", "1949-12-31"), Ok(()));
    assert_eq!(say(&mut typist, "deceased", "1949-12-30"), Err("before_birth"));
    assert_eq!(say(&mut typist, "moved_out", "1949年12月30日"), Err("before_birth"));
    assert_eq!(say(&mut typist, "deceased", "1949-12-31"), Ok(()));
    let of = |field: &str| format!("the field {field} is not valid: {}", InvalidValue::BeforeBirth);
    assert_eq!(born(&mut typist, "birth_date", "1950-01-01"), Err(of("birth_date")));
    assert_eq!(born(&mut typist, "birth_date", ""), Ok(()));
    assert_eq!(born(&mut typist, "id_number", "990481199007130028"), Err(of("id_number")));
    // Another day for the same is a correction.
    assert_eq!(say(&mut typist, "moved_out", "2026-03-01"), Ok(()));
    assert_eq!(say(&mut typist, "away", "2026-02-01"), Ok(()));
    assert_eq!(say(&mut typist, "living", "2026-01-31"), Err("before_last_status"));
    assert_eq!(say(&mut typist, "living", "2026-04-01"), Ok(()));
    assert_eq!(say(&mut typist, "away", "2026-03-31"), Err("before_last_status"));
    assert_eq!(say(&mut typist, "living", "2026-03-30"), Ok(()));
    assert_eq!(say(&mut typist, "away", "2026-03-31"), Ok(()));
}

/// Alice's phone has no day of birth when Bob says that somebody died.
#[test]
fn what_two_people_entered_apart_stands_and_may_be_corrected() {
    let mut alice = Typist::new().replica;
    let resident = residents(&alice, 1)[0];
    let mut bob = Replica::new(2);
    bob.hear(&alice.sent);
    let died = |replica: &mut Replica, day: &str| {
        let (household, fact, time) = (household_id(1), replica.fresh(), replica.time());
        let (status, reason, at) = ("deceased".to_owned(), None, Some(day.to_owned()));
        let said =
            HouseholdCommand::SetStatus { household, resident, fact, status, reason, at, time };
        replica.run(&Command::Household(said))
    };
    let born = edit_resident(&alice, 1, resident, Fields::new().with("birth_date", "1962-05-05"));
    alice.run(&born).unwrap();
    died(&mut bob, "1960-01-01").unwrap();
    alice.hear(&bob.sent);
    died(&mut alice, "2020-01-01").unwrap();
    let phone = edit_resident(&alice, 1, resident, Fields::new().with("phone", "13812345678"));
    alice.run(&phone).unwrap();
}

#[test]
fn a_name_has_a_letter_wherever_it_is_typed() {
    let mut typist = Typist::new();
    for typed in ["12345", "１２３", "·", "--", "😀"] {
        for field in [Field::Name, Field::RegionHead] {
            let command = typist.command(field, typed);
            assert_eq!(typist.replica.plan(&command).unwrap_err().code(), "no_letter", "{typed}");
        }
    }
    for typed in ["张三", "A", "买买提·阿卜杜拉", "𠮷田", "王5"] {
        let command = typist.command(Field::Name, typed);
        assert!(typist.replica.plan(&command).is_ok(), "{typed}");
    }
}

#[test]
fn a_visit_in_the_future_and_one_without_a_purpose_are_refused_with_the_field() {
    let mut typist = Typist::new();
    let mut refused = |field, typed: &str| {
        let command = typist.command(field, typed);
        typist.replica.plan(&command).unwrap_err().to_string()
    };
    let of = |field: &str, rule: InvalidValue| format!("the field {field} is not valid: {rule}");
    assert_eq!(refused(Field::VisitAt, "2026年6月2日"), of("at", InvalidValue::InTheFuture));
    assert_eq!(refused(Field::VisitAt, "3026-06-02"), of("at", InvalidValue::InTheFuture));
    assert_eq!(refused(Field::VisitAt, "1849-06-02"), of("at", InvalidValue::TooEarly));
    assert_eq!(refused(Field::VisitPurpose, " \u{200b}"), of("purpose", InvalidValue::Empty));
    assert_eq!(refused(Field::Name, "\u{feff}"), of("name", InvalidValue::Empty));
}

#[test]
fn a_care_tag_that_is_none_is_refused_with_those_there_are() {
    let mut typist = Typist::new();
    let command = typist.command(Field::CareTag, "孤寡");
    let refused = typist.replica.plan(&command).unwrap_err();
    assert_eq!(refused.code(), "unknown_word");
    assert!(refused.to_string().contains("living_alone, empty_nest"), "{refused}");
}

/// The tables of Unicode grow, and a verdict must be the same in every version.
#[test]
fn the_rule_takes_values_in_other_forms_than_this_version_writes() {
    let typist = Typist::new();
    let resident = residents(&typist.replica, 1)[0];
    let before = &typist.replica.documents[&household_id(1)];
    for (field, value) in [
        ("phone", "057387651234"),
        ("name", "张\u{200b}三"),
        ("name", "Jose\u{301}"),
        ("name", "买买提・阿卜杜拉"),
    ] {
        let key = format!("r/{resident}/{field}");
        let ops = [Op::Put { key, value: Value::from(value) }];
        let touched = [Touched { before, ops: &ops }];
        let verdict = judge("resident.edit", RULE_VERSION, typist.replica.time(), &touched);
        assert!(verdict.is_ok(), "{value}: {verdict:?}");
    }
}

/// Two people enter numbers apart, one of them as an older version wrote it.
#[test]
fn a_settle_keeps_what_stands_as_it_is_and_brings_what_is_typed_to_its_form() {
    let settled = |typed: &str| {
        let mut alice = Typist::new().replica;
        let resident = residents(&alice, 1)[0];
        let mut bob = Replica::new(2);
        bob.hear(&alice.sent);
        let edit = edit_resident(&bob, 1, resident, Fields::new().with("phone", "13812345678"));
        bob.run(&edit).unwrap();
        let key = format!("r/{resident}/phone");
        let old = Op::Put { key: key.clone(), value: Value::from("057387651234") };
        alice.write(household_id(1), &[old]);
        alice.hear(&bob.sent);
        let settle = Settle::on_typed(household_id(1), &key, typed, alice.time()).unwrap();
        alice.run(&Command::Settle(settle)).unwrap();
        alice.documents[&household_id(1)].value(&key)
    };
    assert_eq!(settled("057387651234"), Some(Value::from("057387651234")));
    assert_eq!(settled("0573 8765 1234"), Some(Value::from("0573-87651234")));
    assert_eq!(settled("+86 138 1234 5678"), Some(Value::from("13812345678")));
}
