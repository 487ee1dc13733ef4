//! What others did to something withdrawn, each in a sentence: who, when, what, in Chinese and then in
//! English.

use keting::input::{Field, label};
use keting::views::{HouseholdInFull, Meanwhile};

use crate::commands::words::who_and_when;

/// A sentence in both languages.
struct Sentence {
    zh: String,
    en: String,
}

/// What somebody did: `刘平杰 2026-11-26 20:28 把李燕云的电话填为“13800000001”。 …`
pub fn told(page: &HouseholdInFull, done: &Meanwhile) -> String {
    let who = who_and_when(&done.entered);
    let Sentence { zh, en } = what(page, done);
    format!("{who} {zh}。 {who} {en}.")
}

fn what(page: &HouseholdInFull, done: &Meanwhile) -> Sentence {
    let mut segments = done.key.splitn(3, '/');
    let (letter, id, field) = (segments.next(), segments.next(), segments.next());
    match (letter, id, field) {
        (Some("v"), Some(_), None) => of_visit(done),
        (Some("o"), Some(_), None) => {
            let text = value(done);
            Sentence { zh: format!("记录了{text}"), en: format!("noted {text}") }
        }
        (Some(letter), Some(id), field) => {
            let called = called(page, letter, id);
            match field {
                None => Sentence {
                    zh: format!("改动了{}的内容（不可见）", called.zh),
                    en: format!("changed what is withheld of {}", called.en),
                },
                Some("s") => of_status(&called, done),
                Some("w") => of_withdrawal(&called, done),
                Some("text") => Sentence {
                    zh: format!("新增了需求{}", value(done)),
                    en: format!("added the need {}", value(done)),
                },
                Some(field) => of_field(Some(&called), field, done),
            }
        }
        _ => of_field(None, &done.key, done),
    }
}

/// What a resident, need, visit or note is called.
fn called(page: &HouseholdInFull, letter: &str, id: &str) -> Sentence {
    let household = &page.household;
    match letter {
        "r" => {
            let mut residents = household.residents.iter().map(|detail| &detail.resident);
            let found = residents.find(|one| one.id.to_string() == id);
            let name = found.map_or(id, |one| one.name.as_str()).to_owned();
            Sentence { zh: name.clone(), en: name }
        }
        "n" => {
            let need = household.needs.iter().find(|one| one.id.to_string() == id);
            let text = need.map_or(id, |one| one.text.as_str());
            Sentence { zh: format!("需求“{text}”"), en: format!("the need “{text}”") }
        }
        "v" => Sentence { zh: format!("走访 {id} "), en: format!("visit {id}") },
        _ => Sentence { zh: format!("记录 {id} "), en: format!("note {id}") },
    }
}

fn of_field(called: Option<&Sentence>, field: &str, done: &Meanwhile) -> Sentence {
    let (of_zh, of_en) = match called {
        Some(called) => (format!("{}的", called.zh), format!(" of {}", called.en)),
        None => Default::default(),
    };
    let said = done.value.as_deref();
    if let Some(tag) = field.strip_prefix("t/") {
        let (zh, en) = labels(tag);
        let (verb_zh, verb_en) =
            if said == Some("true") { ("加上", "set") } else { ("去掉", "took away") };
        return Sentence {
            zh: format!("{verb_zh}了{of_zh}重点关注“{zh}”"),
            en: format!("{verb_en} the care tag “{en}”{of_en}"),
        };
    }
    if field == "concealed" {
        let (zh, en) = match said {
            Some("true") => ("设为只公开姓名", "left only the name in the open"),
            _ => ("设为恢复公开", "brought everything back into the open"),
        };
        let zh = called.map_or_else(|| zh.to_owned(), |called| format!("把{}{zh}", called.zh));
        return Sentence { zh, en: format!("{en}{of_en}") };
    }
    let known = Field::of_name(field);
    let (zh, en) = known.map_or((field, field), |field| (field.zh(), field.en()));
    match said {
        Some("") => {
            Sentence { zh: format!("清空了{of_zh}{zh}"), en: format!("cleared the {en}{of_en}") }
        }
        _ => {
            let (value_zh, value_en) = labels(said.unwrap_or_default());
            Sentence {
                zh: format!("把{of_zh}{zh}填为“{value_zh}”"),
                en: format!("entered “{value_en}” as the {en}{of_en}"),
            }
        }
    }
}

fn of_status(called: &Sentence, done: &Meanwhile) -> Sentence {
    let Some(status) = done.value.as_deref() else {
        return Sentence {
            zh: format!("登记了{}的情况（不可见）", called.zh),
            en: format!("recorded what is withheld of {}", called.en),
        };
    };
    let ((zh, en), beside) = (labels(status), beside(done));
    Sentence {
        zh: format!("登记{}：{zh}{beside}", called.zh),
        en: format!("recorded of {}: {en}{beside}", called.en),
    }
}

fn of_withdrawal(called: &Sentence, done: &Meanwhile) -> Sentence {
    let withdraws = done.value.as_deref() == Some("withdrawn");
    let (zh, en) = if withdraws { ("作废了", "withdrew") } else { ("恢复了", "restored") };
    let beside = beside(done);
    Sentence { zh: format!("{zh}{}{beside}", called.zh), en: format!("{en} {}{beside}", called.en) }
}

fn of_visit(done: &Meanwhile) -> Sentence {
    let day = done.at.as_deref().unwrap_or_default();
    let what = done.value.as_deref().map(|purpose| format!("“{purpose}”")).unwrap_or_default();
    let remarks = done.reason.as_deref().map(|text| format!("（{text}）")).unwrap_or_default();
    Sentence {
        zh: format!("登记了 {day} 的走访{what}{remarks}"),
        en: format!("recorded the visit {what} of {day}{remarks}"),
    }
}

/// The day and the reason behind what was said, in brackets.
fn beside(done: &Meanwhile) -> String {
    let all: Vec<&str> =
        [&done.at, &done.reason].into_iter().filter_map(Option::as_deref).collect();
    if all.is_empty() { String::new() } else { format!("（{}）", all.join("，")) }
}

fn value(done: &Meanwhile) -> String {
    format!("“{}”", done.value.as_deref().unwrap_or_default())
}

/// What a word is called in Chinese and English; what is none stands as it is.
fn labels(word: &str) -> (&str, &str) {
    label(word).map_or((word, word), |label| (label.zh, label.en))
}

#[cfg(test)]
mod tests {
    use keting::views::{Entered, HouseholdDetail};
    use keting_model::{DocumentId, DocumentKind};

    use super::*;

    const ID: &str = "0102030405060708";

    fn page() -> HouseholdInFull {
        let household = HouseholdDetail {
            id: DocumentId::from_random(DocumentKind::Household, [7; 14]),
            address: "一号".to_owned(),
            address_code: None,
            tenure: None,
            region: None,
            head: None,
            withheld: &[],
            living_here: 0,
            withdrawn: Vec::new(),
            withdrawn_before: Vec::new(),
            residents: Vec::new(),
            needs: Vec::new(),
        };
        let (visits, notes, conflicts) = (None, None, Vec::new());
        HouseholdInFull { household, visits, notes, conflicts, withheld: &[] }
    }

    fn sentence(key: &str, said: [Option<&str>; 3]) -> (String, String) {
        let [value, at, reason] = said.map(|text| text.map(str::to_owned));
        let (key, entered) = (key.replace("ID", ID), Entered::default());
        let Sentence { zh, en } =
            what(&page(), &Meanwhile { key, value, at, reason, entered, withheld: &[] });
        (zh.replace(ID, "甲"), en.replace(ID, "甲"))
    }

    #[test]
    fn what_somebody_did_is_said_with_what_they_wrote() {
        let said = |text| [Some(text), None, None];
        for (key, told, zh, en) in [
            ("address", said("二号"), "把地址填为“二号”", "entered “二号” as the address"),
            (
                "r/ID/bond",
                said("both"),
                "把甲的人户关系填为“户籍并常住”",
                "entered “registered and lives here” as the bond of 甲",
            ),
            ("r/ID/phone", said(""), "清空了甲的电话", "cleared the phone of 甲"),
            (
                "r/ID/t/left_behind",
                said("true"),
                "加上了甲的重点关注“留守人员”",
                "set the care tag “left behind” of 甲",
            ),
            (
                "r/ID/concealed",
                said("true"),
                "把甲设为只公开姓名",
                "left only the name in the open of 甲",
            ),
            (
                "r/ID/s",
                [Some("away"), Some("2026-05-20"), Some("去杭州")],
                "登记甲：外出（2026-05-20，去杭州）",
                "recorded of 甲: away（2026-05-20，去杭州）",
            ),
            ("n/ID/text", said("修水管"), "新增了需求“修水管”", "added the need “修水管”"),
            (
                "n/ID/s",
                [Some("met"), None, Some("修好了")],
                "登记需求“甲”：已办好（修好了）",
                "recorded of the need “甲”: met（修好了）",
            ),
            (
                "r/ID/w",
                [Some("withdrawn"), None, Some("录错")],
                "作废了甲（录错）",
                "withdrew 甲（录错）",
            ),
            (
                "v/ID",
                [Some("回访"), Some("2026-05-30"), None],
                "登记了 2026-05-30 的走访“回访”",
                "recorded the visit “回访” of 2026-05-30",
            ),
            ("o/ID", said("独居"), "记录了“独居”", "noted “独居”"),
            ("r/ID", [None; 3], "改动了甲的内容（不可见）", "changed what is withheld of 甲"),
        ] {
            assert_eq!(sentence(key, told), (zh.to_owned(), en.to_owned()), "{key}");
        }
    }
}
