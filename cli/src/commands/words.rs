//! What fields are called for people: Chinese first, then the name that options and JSON use.

use keting::input::{Field, Takes, label};
use keting::views::Entered;
use keting_model::role::Role;

/// What is no field of its own in a form, or shares its name with others.
const OTHERS: &[(&str, &str)] = &[
    ("region", "区域"),
    ("head", "户主"),
    ("living_here", "常住人数"),
    ("concealed", "只公开姓名"),
    ("status_reason", "状态原因"),
    ("status_at", "状态日期"),
    ("visits", "走访"),
    ("notes", "记录"),
    ("visits_of_others", "别人登记的走访"),
    ("notes_of_others", "别人写的记录"),
    ("text", "内容"),
    ("at", "日期"),
    ("note", "说明"),
];

/// The words of commands: the name that commits use, Chinese, English.
const COMMANDS: &[(&str, &str, &str)] = &[
    ("region.add", "新增区域", "add a region"),
    ("region.edit", "修改区域", "change a region"),
    ("household.add", "新增户", "add a household"),
    ("household.edit", "修改户信息", "change a household"),
    ("resident.add", "新增居民", "add a resident"),
    ("resident.edit", "修改居民信息", "change a resident"),
    ("resident.leave", "登记居民离开", "record that a resident left"),
    ("resident.return", "登记居民回来", "record that a resident is back"),
    ("resident.conceal", "只公开姓名", "leave only a resident's name in the open"),
    ("resident.reveal", "恢复公开", "bring a resident back into the open"),
    ("private.edit", "修改隐私信息", "change what is private of a resident"),
    ("need.add", "新增需求", "add a need"),
    ("need.advance", "办理需求", "record how far a need has come"),
    ("visit.add", "登记走访", "record a visit"),
    ("note.add", "新增记录", "add a note"),
    ("field.settle", "定下一项", "settle a field"),
    ("record.withdraw", "作废", "withdraw what was entered by mistake"),
    ("record.restore", "恢复", "restore what was withdrawn"),
];

/// What a command is called, in Chinese and English; by its name if it is of no version we know.
pub fn command_words(name: &str) -> (&str, &str) {
    match COMMANDS.iter().find(|(known, ..)| *known == name) {
        Some((_, chinese, english)) => (chinese, english),
        None => (name, name),
    }
}

/// What a field is called, by the end of its key: `phone`, or `t/living_alone` for a care tag.
pub fn field_name(field: &str) -> String {
    if let Some(tag) = field.strip_prefix("t/") {
        return format!("重点关注 {tag}");
    }
    let other = OTHERS.iter().find(|(name, _)| *name == field).map(|(_, chinese)| *chinese);
    match other.or_else(|| Field::of_name(field).map(Field::zh)) {
        Some(chinese) => format!("{chinese} {field}"),
        None => field.to_owned(),
    }
}

/// What a field of a region is called: a region has a name as people have, and other words for it.
pub fn region_field_name(field: &str) -> String {
    match field {
        "name" => "名称 name".to_owned(),
        "head" => "负责人 head".to_owned(),
        field => field_name(field),
    }
}

/// What a word that a field chooses from is called, with the word itself: `已作废 withdrawn`.
pub fn word_name(word: &str) -> String {
    label(word).map_or_else(|| word.to_owned(), |label| format!("{} {word}", label.zh))
}

/// A value of a field, with what it is called if it is a word that the field chooses from.
pub fn value_words(field: &str, value: &str) -> String {
    let field = Field::of_name(field);
    match value {
        "" => "清空 cleared".to_owned(),
        word if field.is_some_and(|field| matches!(field.takes(), Takes::Words(_))) => {
            word_name(word)
        }
        "true" => "是 true".to_owned(),
        "false" => "否 false".to_owned(),
        text => text.to_owned(),
    }
}

/// What a role is called, with its name: `微网格长 micro_grid_head`.
pub fn role_name(name: &str) -> String {
    Role::from_name(name).map_or_else(|| name.to_owned(), |role| format!("{} {name}", role.zh()))
}

/// Who entered something and when, to the minute in the city's zone: `陆德祥 2026-11-26 20:28`.
pub fn who_and_when(entered: &Entered) -> String {
    let by = entered.by.as_deref().unwrap_or("未知 unknown");
    let minute = entered.at.as_deref().and_then(|at| at.get(.."2026-11-26T20:28".len()));
    format!("{by} {}", minute.unwrap_or_default().replace('T', " ")).trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_called_by_its_chinese_word_first() {
        assert_eq!(field_name("phone"), "电话 phone");
        assert_eq!(field_name("t/living_alone"), "重点关注 living_alone");
        assert_eq!(field_name("of_a_newer_version"), "of_a_newer_version");
        assert_eq!(
            (field_name("name").as_str(), region_field_name("name").as_str()),
            ("姓名 name", "名称 name")
        );
        assert_eq!(region_field_name("boundary"), "范围 boundary");
    }

    #[test]
    fn who_entered_something_is_said_by_name_and_to_the_minute() {
        let mut entered = Entered::default();
        entered.at = Some("2026-11-26T20:28:59+08:00".to_owned());
        entered.by = Some("陆德祥".to_owned());
        assert_eq!(who_and_when(&entered), "陆德祥 2026-11-26 20:28");
        assert_eq!(who_and_when(&Entered::default()), "未知 unknown");
    }
}
