//! What the command says of itself, in the reader's language.

use keting_scenarios::binary::keting;
use keting_scenarios::device::Ended;
use serde_json::{Value, json};

const HELP: [&str; 3] = ["household", "add", "--help"];

fn said(arguments: &[&str], environment: &[(&str, &str)]) -> Ended {
    let mut command = keting();
    for name in ["KETING_LANG", "LC_ALL", "LC_MESSAGES", "LANG", "KETING_DATA"] {
        command.env_remove(name);
    }
    Ended::of(command.args(arguments).envs(environment.iter().copied()))
}

#[test]
fn help_is_in_chinese_by_the_locale_and_in_the_language_that_is_asked_for() {
    let chinese = said(&HELP, &[("LANG", "zh_CN.UTF-8")]).done().out;
    for part in [
        "新增一户",
        "用法：keting household add [选项] --data <目录> --region <区域代码> --address <地址>",
        "选项：",
        "可选：owned 自有、rented 租住",
        "（或设环境变量 KETING_DATA）",
        "示例：",
    ] {
        assert!(chinese.contains(part), "{part} is not in {chinese}");
    }
    for english in ["Usage", "Options", "Print", "[env", "[possible values", "[default"] {
        assert!(!chinese.contains(english), "{english} is in {chinese}");
    }
    let english = said(&HELP, &[]).done().out;
    assert!(english.contains("Usage: keting household add") && english.contains("rented 租住"));
    assert_eq!(said(&HELP, &[("LANG", "zh_CN.UTF-8"), ("KETING_LANG", "en")]).out, english);
    assert_eq!(said(&HELP, &[("LC_ALL", "C"), ("KETING_LANG", "zh")]).out, chinese);
}

#[test]
fn what_is_missing_on_a_command_line_is_named_in_chinese_and_to_machines() {
    let add = ["household", "add", "--data", "d", "--region", "99048100"];
    let chinese = said(&add, &[("KETING_LANG", "zh")]);
    assert_eq!((chinese.exit_code, chinese.out.as_str()), (Some(2), ""));
    assert!(chinese.err.starts_with("keting: 缺少 --address <地址>。\n"), "{}", chinese.err);
    assert!(chinese.err.contains("用法：keting household add"), "{}", chinese.err);

    let for_machines = said(&[&add[..], &["--json"]].concat(), &[]);
    let complaint: Value = serde_json::from_str(&for_machines.err).unwrap();
    assert_eq!(complaint["code"], "usage");
    assert_eq!(complaint["missing"], json!(["--address <ADDRESS>"]));
    assert!(complaint["detail"].as_str().unwrap().contains("--address <ADDRESS>"));
    assert!(complaint["en"].as_str().unwrap().contains("--address <ADDRESS>"));
    assert!(complaint["zh"].as_str().unwrap().contains("缺少 --address <地址>，请加上 --help"));
    let again = said(&[&add[..], &["--json"]].concat(), &[("KETING_LANG", "zh")]);
    let again: Value = serde_json::from_str(&again.err).unwrap();
    let same = |name: &str| (&again[name], &complaint[name]);
    for name in ["zh", "en", "missing"] {
        assert_eq!(same(name).0, same(name).1);
    }
}

#[test]
fn a_value_that_begins_with_a_hyphen_is_told_how_to_be_typed() {
    let withdraw = ["resident", "withdraw", "00", "11", "--data", "d", "--reason", "-病"];
    for language in ["zh", "en"] {
        let told = said(&withdraw, &[("KETING_LANG", language)]);
        assert_eq!(told.exit_code, Some(2));
        assert!(told.err.contains("--reason=-病") && !told.err.contains("-- -病"), "{}", told.err);
    }
    let told = said(&[&withdraw[..], &["--json"]].concat(), &[]);
    let told: Value = serde_json::from_str(&told.err).unwrap();
    for name in ["zh", "en", "detail"] {
        assert!(told[name].as_str().unwrap().contains("--reason=-病"), "{told}");
    }
}
