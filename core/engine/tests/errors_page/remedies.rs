//! What messages tell people to do. A message that names neither a command, nor whom to turn to, nor
//! what whoever reads it does themselves, leaves them alone with it; and a command that does not help
//! is worse.

use keting::error::{CAUTIONS, FAMILIES, FINDINGS};

/// Something that messages tell people to do.
pub struct Remedy {
    /// How messages name it, in English: one of these.
    pub en: Names,
    /// How messages name it, in Chinese: one of these.
    pub zh: Names,
    pub kind: Kind,
}

pub enum Kind {
    /// A command. The story of the test begins with the error and ends with what the person wanted.
    Command { command: &'static str, shown_by: &'static str },
    /// Somebody to turn to, and who that is.
    Person(&'static str),
    /// What whoever reads it does where they are.
    Oneself,
}

type Names = &'static [&'static str];

const fn command(en: Names, zh: Names, command: &'static str, shown_by: &'static str) -> Remedy {
    Remedy { en, zh, kind: Kind::Command { command, shown_by } }
}

const fn person(en: Names, zh: Names, who: &'static str) -> Remedy {
    Remedy { en, zh, kind: Kind::Person(who) }
}

const fn oneself(en: Names, zh: Names) -> Remedy {
    Remedy { en, zh, kind: Kind::Oneself }
}

pub const REMEDIES: &[Remedy] = &[
    command(
        &["keting salvage"],
        &["keting salvage"],
        "keting salvage",
        "keting-scenarios::a_damaged_file_is_salvaged_as_its_message_says",
    ),
    command(
        &["join with an invitation"],
        &["凭邀请加入"],
        "keting enroll",
        "keting-scenarios::whoever_has_not_joined_joins_as_the_message_says",
    ),
    command(
        &["restore it first"],
        &["先恢复"],
        "keting household restore",
        "keting-scenarios::what_is_withdrawn_is_shown_on_demand_and_edited_again_once_it_is_restored",
    ),
    command(
        &["choose one of them first"],
        &["先选定一个"],
        "keting household settle",
        "keting-scenarios::a_field_in_conflict_is_settled_and_then_edited_as_the_message_says",
    ),
    command(
        &[
            "keting sync",
            "sync again",
            "sync once more",
            "sync,",
            "sync before",
            "sync first",
            "or sync",
            "next sync",
        ],
        &["keting sync", "再同步", "同步之后", "同步后", "再同步一次", "先同步"],
        "keting sync",
        "keting-scenarios::what_is_not_here_is_here_after_a_sync_as_the_message_says",
    ),
    command(
        &["make a city first"],
        &["建立城市"],
        "keting init",
        "keting-scenarios::where_there_is_no_city_one_is_made_as_the_message_says",
    ),
    command(
        &["start it and try again"],
        &["先启动服务器再试"],
        "keting serve",
        "keting-scenarios::a_server_that_does_not_run_is_started_as_the_message_says",
    ),
    command(
        &["chmod go-w"],
        &["chmod go-w"],
        "chmod go-w",
        "keting-scenarios::a_folder_is_taken_from_others_as_the_message_says",
    ),
    command(
        &["keting server confirm-clock"],
        &["keting server confirm-clock"],
        "keting server confirm-clock",
        "keting-scenarios::one_minute_of_a_wrong_server_clock_holds_nothing_and_the_edit_goes_out_by_itself",
    ),
    command(
        &["keting init --renew-issuing"],
        &["keting init --renew-issuing"],
        "keting init --renew-issuing",
        "keting-scenarios::an_issuing_key_that_is_over_is_renewed_with_the_root_key_as_the_message_says",
    ),
    command(
        &["keting grant list"],
        &["keting grant list"],
        "keting grant list",
        "keting-scenarios::a_device_that_nobody_can_name_is_found_in_the_list_and_ended",
    ),
    command(
        &["keting invitation list"],
        &["keting invitation list"],
        "keting invitation list",
        "keting-scenarios::an_invitation_that_went_astray_is_listed_and_taken_back_and_of_one_that_was_used_the_device_is_ended",
    ),
    command(
        &["keting device end"],
        &["keting device end"],
        "keting device end",
        "keting-scenarios::an_invitation_that_went_astray_is_listed_and_taken_back_and_of_one_that_was_used_the_device_is_ended",
    ),
    command(
        &["keting invite"],
        &["keting invite"],
        "keting invite",
        "keting-scenarios::a_device_that_was_ended_is_not_renewed_and_comes_in_again_as_the_message_says",
    ),
    command(
        &["keting held list"],
        &["keting held list"],
        "keting held list",
        "keting-scenarios::held_work_is_listed_with_what_when_why_and_what_to_do_and_every_sync_says_so",
    ),
    command(
        &["keting doctor"],
        &["keting doctor"],
        "keting doctor",
        "keting-scenarios::a_server_that_is_not_well_says_so_to_whoever_checks_a_device_and_why_on_its_own_folder",
    ),
    person(&["operator"], &["系统管理员"], "whoever runs the city's server"),
    person(
        &["supervisor"],
        &["找上级", "等上级", "请上级"],
        "whoever is above the author in the city's order",
    ),
    person(&["maintainers"], &["维护者"], "whoever makes the software"),
    person(
        &["somebody do it who may"],
        &["有权限的人"],
        "a colleague whose role or area covers it",
    ),
    oneself(&["fill it in", "fill in", "enter"], &["填"]),
    oneself(&["check"], &["核对", "检查"]),
    oneself(&["choose", "take another"], &["选", "另建", "换一个", "改一个"]),
    oneself(
        &["correct", "remove", "shorten", "add the"],
        &["更正", "改正", "删去", "缩短", "补上"],
    ),
    oneself(&["copy or scan", "edit it", "keep one"], &["复制或扫描", "修改", "只保留"]),
    oneself(&["nothing to save", "nothing needs", "no need"], &["没有需要", "不用"]),
    oneself(&["try again", "save it again", "begin again"], &["再试", "再保存一次", "重新开始"]),
    oneself(&["wait", "in several steps"], &["请稍", "分几次", "分开"]),
    oneself(&["update the app"], &["更新到最新版", "更新应用"]),
    oneself(&["free some space", "unlock the device", "close"], &["清理", "解锁设备", "关掉"]),
    oneself(&["use the device", "stop it first"], &["原来的设备", "先停掉"]),
    oneself(&["what stands above", "--help", "save it as"], &["看上面", "--help", "另存为"]),
];

impl Remedy {
    fn is_named_in(&self, (zh, en): (&str, &str)) -> (bool, bool) {
        let any = |names: &[&str], text: &str| names.iter().any(|name| text.contains(name));
        (any(self.zh, zh), any(self.en, en))
    }
}

/// Every message, with its code.
fn messages() -> impl Iterator<Item = (&'static str, (&'static str, &'static str))> {
    let errors = FAMILIES.iter().flat_map(|family| family.codes);
    let errors = errors.map(|known| (known.code, (known.zh, known.en)));
    let others = CAUTIONS.iter().chain(&FINDINGS);
    errors.chain(others.map(|other| (other.code, (other.zh, other.en))))
}

/// The codes whose messages name a remedy.
pub fn codes_with(remedy: &Remedy) -> Vec<&'static str> {
    let named = messages().filter(|(_, message)| remedy.is_named_in(*message) == (true, true));
    named.map(|(code, _)| code).collect()
}

#[test]
fn every_message_names_a_command_somebody_to_turn_to_or_what_one_does_oneself() {
    let is_alone = |message| REMEDIES.iter().all(|r| r.is_named_in(message) != (true, true));
    let alone: Vec<_> = messages().filter(|(_, message)| is_alone(*message)).collect();
    assert!(alone.is_empty(), "left alone: {alone:#?}");
}

#[test]
fn the_chinese_and_the_english_of_a_message_name_the_same_commands_and_people() {
    for remedy in REMEDIES.iter().filter(|remedy| !matches!(remedy.kind, Kind::Oneself)) {
        assert!(!codes_with(remedy).is_empty(), "no message names {:?}", remedy.en);
        let in_one = |(zh, en)| zh != en;
        let differ = messages().filter(|(_, message)| in_one(remedy.is_named_in(*message)));
        let differ: Vec<_> = differ.collect();
        assert!(differ.is_empty(), "{:?} in one language only: {differ:#?}", remedy.en);
    }
}
