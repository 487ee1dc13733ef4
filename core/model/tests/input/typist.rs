//! Somebody who types, and what people type.

use keting_model::household::HouseholdCommand;
use keting_model::household_visits::VisitsCommand;
use keting_model::input::Field;
use keting_model::region::RegionCommand;
use keting_model::withdrawal::{Record, WithdrawalCommand};
use keting_model::{Command, Fields, Plan, Value};
use proptest::prelude::*;

use crate::common::{
    Replica, add_household, add_region, edit_resident, household_id, region_id, residents,
};

/// Characters that keyboards, spreadsheets and messengers mix.
pub fn typed() -> impl Strategy<Value = String> {
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
pub fn likely() -> impl Strategy<Value = String> {
    let with_blanks = (prop::sample::select(&KNOWN[..]), "[ \u{200b}\u{3000}]{0,2}");
    prop_oneof![typed(), with_blanks.prop_map(|(known, blanks)| format!("{blanks}{known}{blanks}")),]
}

pub fn field() -> impl Strategy<Value = Field> {
    prop::sample::select(Field::ALL)
}

/// Somebody who has a household with one resident and a need.
pub struct Typist {
    pub replica: Replica,
    need: keting_model::ItemId,
}

impl Typist {
    pub fn new() -> Self {
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
    pub fn command(&mut self, field: Field, typed: &str) -> Command {
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

pub fn writes(plan: &Plan, value: &str) -> bool {
    let written = plan.edits.iter().flat_map(|edit| &edit.ops).filter_map(|op| op.written());
    written.into_iter().any(|(key, written)| *written == Value::from(value) || key.ends_with(value))
}
