use std::collections::BTreeSet;
use std::ffi::OsString;

use clap::{Command, FromArgMatches as _};

use super::*;

/// Every verb with its path, the command itself included; not what clap repeats below `help`.
fn every_verb(command: &Command, path: &str, each: &mut impl FnMut(&str, &Command)) {
    each(path, command);
    for below in command.get_subcommands().filter(|below| below.get_name() != "help") {
        let path = format!("{path} {}", below.get_name());
        every_verb(below, path.trim_start(), each);
    }
}

fn has_chinese(text: &str) -> bool {
    text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c))
}

#[test]
fn no_verb_and_no_option_lacks_one_of_the_languages() {
    for language in [Language::Zh, Language::En] {
        every_verb(&command(language), "", &mut |path, command| {
            let mut texts = vec![("about", command.get_about())];
            let arguments = command.get_arguments();
            texts.extend(
                arguments.map(|argument| (argument.get_id().as_str(), argument.get_help())),
            );
            for (of, text) in texts {
                let text = text.map(ToString::to_string).unwrap_or_default();
                assert!(!text.is_empty(), "{path}: {of} lacks {language:?}");
                if language == Language::Zh {
                    assert!(has_chinese(&text), "{path}: {of}: {text}");
                }
            }
        });
    }
}

#[test]
fn nothing_is_said_of_what_there_is_not() {
    let mut here = BTreeSet::new();
    every_verb(&command(Language::En), "", &mut |path, command| {
        here.insert((path.to_owned(), None));
        let arguments = command.get_arguments().map(|argument| argument.get_id().to_string());
        here.extend(arguments.map(|argument| (path.to_owned(), Some(argument))));
    });
    for verb in verbs() {
        assert!(here.contains(&(verb.path.to_owned(), None)), "{}", verb.path);
        for (argument, _) in verb.arguments {
            let named = (verb.path.to_owned(), Some((*argument).to_owned()));
            assert!(here.contains(&named), "{}: {argument}", verb.path);
        }
    }
}

#[test]
fn every_verb_that_does_something_has_an_example_and_every_example_is_understood() {
    for language in [Language::Zh, Language::En] {
        every_verb(&command(language), "", &mut |path, verb| {
            let said = verbs().find(|said| said.path == path).unwrap();
            assert_eq!(
                said.examples.is_empty(),
                verb.has_subcommands() && !path.is_empty(),
                "{path}"
            );
            for Example { typed, .. } in said.examples {
                assert!(typed.starts_with(path), "{typed} is no example of {path}");
                let words = typed.split(" > ").next().unwrap().split('\'');
                // What stands between quotation marks is one word.
                let words = words.enumerate().flat_map(|(place, part)| match place % 2 {
                    0 => part.split_whitespace().collect(),
                    _ => vec![part],
                });
                let typed_words = std::iter::once("keting").chain(words);
                let parsed = command(language).try_get_matches_from(typed_words);
                let parsed = parsed.and_then(|matches| Arguments::from_arg_matches(&matches));
                assert!(parsed.is_ok(), "{typed}: {}", parsed.unwrap_err());
            }
        });
    }
}

fn wrong(words: &[&str]) -> clap::Error {
    wrong_in(Language::Zh, words)
}

fn wrong_in(language: Language, words: &[&str]) -> clap::Error {
    let words: Vec<_> = std::iter::once(&"keting").chain(words).map(OsString::from).collect();
    let mut command = command(language);
    let error = command.try_get_matches_from_mut(&words).unwrap_err();
    with_value_meant(error, &command, &words, language)
}

#[test]
fn what_a_value_is_called_in_usage_is_in_the_language_of_its_reader() {
    for language in [Language::Zh, Language::En] {
        every_verb(&command(language), "", &mut |path, command| {
            let takes = command.get_arguments().filter(|one| one.get_action().takes_values());
            for name in takes.flat_map(|one| one.get_value_names().unwrap_or_default()) {
                assert_eq!(has_chinese(name), language == Language::Zh, "{path}: {name}");
            }
            let help = command.clone().render_help().to_string();
            let (before, _) =
                help.split_once(language.choose("示例", "Examples")).unwrap_or((&help, ""));
            let named = before.split('<').skip(1).filter_map(|rest| rest.split_once('>'));
            for (name, _) in named.filter(|(name, _)| !name.contains([' ', '-', '|'])) {
                assert_eq!(has_chinese(name), language == Language::Zh, "{path}: {name}");
            }
        });
    }
}

#[test]
fn who_types_a_value_that_begins_with_a_hyphen_is_told_how_to_type_it() {
    let withdraw = ["resident", "withdraw", "00", "11", "--data", "d", "--reason", "-病 了"];
    assert_eq!(
        in_one_line(&wrong(&withdraw), Language::Zh),
        "没有 -病 这个参数，以连字符开头的值要用等号连写，如 --reason='-病 了'。"
    );
    let in_english = wrong_in(Language::En, &withdraw);
    let joined = "joined by an equals sign, as --reason='-病 了'";
    assert!(in_one_line(&in_english, Language::En).ends_with(joined), "{in_english}");
    let tip = "joined by an equals sign: --reason='-病 了'";
    assert!(in_english.to_string().contains(tip), "{in_english}");
    for unlike in [&["sync", "--data", "d", "-x"][..], &["sync", "--watch", "-x", "--data", "d"]] {
        assert_eq!(in_one_line(&wrong(unlike), Language::Zh), "没有 -x 这个参数。");
    }
    assert!(
        in_one_line(&wrong_in(Language::En, &["sync", "--wach"]), Language::En).contains("--watch")
    );
}

#[test]
fn what_is_wrong_with_a_command_line_is_said_in_chinese_and_names_what_is_missing() {
    for (words, said) in [
        (&["household", "add", "--data", "d"][..], "缺少 --region <区域代码>、--address <地址>。"),
        (&["sync", "--data", "d", "--wach"], "没有 --wach 这个参数，是不是 --watch。"),
        (&["houshold"], "没有 houshold 这个命令，是不是 household。"),
        (&["sync", "--data"], "--data <目录> 后面要写值。"),
        (&["invite", "--days", "many"], "--days <天数> 不能是 many，请改正。"),
        (&["completions", "csh"], "<外壳> 不能是 csh，可选：bash、elvish、fish、powershell、zsh。"),
        (
            &["serve", "--data", "d", "--no-renew", "--renew-within", "3"],
            "--no-renew 不能和 --renew-within <天数> 一起用。",
        ),
        (
            &["household", "need", "h", "--data", "d", "--text", "漏水", "--status", "办理中"],
            "--text <内容> 不能和 --status <状态> 一起用。",
        ),
    ] {
        assert_eq!(in_one_line(&wrong(words), Language::Zh), said);
    }
    let missing = missing_arguments(&wrong(&["region", "show", "--data", "d"]));
    assert_eq!(missing, ["<代码>"]);
    assert_eq!(missing_arguments(&wrong(&["houshold"])), [""; 0]);
}

#[test]
fn words_to_choose_from_stand_in_help_in_both_languages_and_completions_know_them() {
    for language in [Language::Zh, Language::En] {
        let mut found = String::new();
        every_verb(&command(language), "", &mut |path, command| {
            if path == "resident add" {
                found = command.clone().render_help().to_string();
            }
        });
        assert!(
            found.contains("spouse 配偶") && found.contains("living_alone 独居老人"),
            "{found}"
        );
    }
    let mut script = Vec::new();
    clap_complete::generate(
        clap_complete::Shell::Bash,
        &mut command(Language::En),
        "keting",
        &mut script,
    );
    let script = String::from_utf8(script).unwrap();
    for word in ["micro_grid_head", "living_alone", "moved_out", "rented"] {
        assert!(script.contains(word), "{word}");
    }
}
