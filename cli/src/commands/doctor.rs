//! What keeps a device or a server from working, and what to do about it, in order.

use keting::checkup::{Check, FactValue, State};
use keting_server::init::store_path;
use serde_json::{Map, Value, json};

use crate::arguments::Reading;
use crate::columns::padded;
use crate::commands::words::role_name;
use crate::device::vault_of;
use crate::exit::Failure;
use crate::output::{self, in_language};
use crate::time::{city_minute, off_by};

/// Prints what a check-up finds, as it finds it, and then what to do.
///
/// # Errors
/// When something does not work, or there is no place where keys could be.
pub fn doctor(reading: &Reading) -> Result<(), Failure> {
    let mut checks = Vec::new();
    let mut printed = Ok(());
    let mut tell = |check: Check| {
        if printed.is_ok() && !reading.json {
            printed = output::line(line(&check));
        }
        checks.push(check);
    };
    if store_path(&reading.data).exists() {
        keting_server::checkup::check_up(&reading.data, &mut tell);
    } else {
        let vault = vault_of()?;
        let vault = vault.as_ref().map(|vault| vault as &dyn keting::Vault);
        keting::checkup::check_up(&reading.data, vault, &mut tell);
    }
    printed?;
    let faults = checks.iter().filter(|check| check.state == State::Fault).count();
    if reading.json {
        let all: Vec<_> = checks.iter().map(as_json).collect();
        output::json(&json!({ "healthy": faults == 0, "checks": all }))?;
    } else {
        print_what_to_do(&checks)?;
    }
    if faults == 0 { Ok(()) } else { Err(Failure::Unwell(faults)) }
}

/// The faults first, then what will be one: each in the order in which it should be put right.
fn print_what_to_do(checks: &[Check]) -> Result<(), Failure> {
    let of = |state| checks.iter().filter(move |check| check.state == state);
    let steps: Vec<_> = of(State::Fault).chain(of(State::Warning)).collect();
    if steps.is_empty() {
        return output::line(in_language("一切正常。", "All is well."));
    }
    output::line(in_language("请按顺序处理：", "What to do, in this order:"))?;
    for (place, check) in steps.into_iter().enumerate() {
        let code = check.code.as_deref().unwrap_or_default();
        let advice = check.advice().map_or(code, |advice| in_language(advice.zh, advice.en));
        let colon = in_language("：", ": ");
        output::line(format!("{}. {}{colon}{advice} [{code}]", place + 1, called(check)))?;
    }
    Ok(())
}

/// One line: how it is, what it is, what was seen.
fn line(check: &Check) -> String {
    let state = match check.state {
        State::Ok => in_language("正常", "ok     "),
        State::Warning => in_language("注意", "warning"),
        State::Fault => in_language("故障", "fault  "),
        State::Unknown => in_language("未查", "unknown"),
    };
    let facts: Vec<_> = check.facts.iter().map(|(name, value)| fact(name, value)).collect();
    format!("{state}  {}  {}", padded(&called(check), 24), facts.join("  ")).trim_end().to_owned()
}

fn called(check: &Check) -> String {
    format!("{} {}", check.subject.zh(), check.subject.en())
}

/// What facts are called, in Chinese and English; a path or an address needs no word.
const FACTS: [(&str, &str, &str); 15] = [
    ("free_bytes", "剩余", "free"),
    ("generation", "日志代次", "generation"),
    ("number", "日志序号", "number"),
    ("used_by", "占用者", "used by"),
    ("shown_at_ms", "显示", "shows"),
    ("others_tried", "另试过的地址", "other addresses tried"),
    ("sha256", "SHA-256", "SHA-256"),
    ("preferred_sha256", "首选", "preferred"),
    ("expected_sha256", "应为", "expected"),
    ("ends_at_ms", "到期", "ends"),
    ("role", "角色", "role"),
    ("waiting", "待发送", "waiting"),
    ("held", "待处理", "held"),
    ("last_at_ms", "上次", "last"),
    ("off_ms", "", ""),
];

/// A fact as people read it.
fn fact(name: &str, value: &FactValue) -> String {
    let words = FACTS.iter().find(|(known, ..)| *known == name);
    let called = words.map_or("", |(_, zh, en)| in_language(zh, en));
    let text = match value {
        FactValue::Text(text) if name == "role" => role_name(text),
        FactValue::Text(text) => text.clone(),
        FactValue::Number(number) if name == "off_ms" => off_by(*number),
        FactValue::Number(number) => {
            let unsigned = u64::try_from(*number).unwrap_or(0);
            match name {
                _ if name.ends_with("_at_ms") => city_minute(unsigned),
                _ if name.ends_with("_bytes") => format!("{} MB", unsigned / 1_000_000),
                _ => number.to_string(),
            }
        }
    };
    format!("{called} {text}").trim_start().to_owned()
}

fn as_json(check: &Check) -> Value {
    let facts: Map<_, _> =
        check.facts.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
    let advice = check.advice();
    json!({
        "name": check.subject.name(),
        "state": check.state.name(),
        "code": check.code,
        "zh": advice.map(|advice| advice.zh),
        "en": advice.map(|advice| advice.en),
        "facts": facts,
    })
}
