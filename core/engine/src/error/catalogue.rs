//! Every code with its kind and what a person should do about it.
//!
//! A code is a promise: once released it keeps its meaning. One meaning has one code wherever it
//! arises, on the device or on the server, because the person who reads it is the same. What the
//! rooms say precisely is in their own error types; here stands what to do, without jargon and
//! without data of anybody's. `docs/errors.md` is made from this table.

mod caution;
mod city;
mod edit;
mod file;
mod finding;
mod guard;
mod permission;
mod proof;
mod server;
mod session;

use crate::error::ErrorKind;

pub use caution::{CAUTIONS, Caution, caution};
pub use finding::FINDINGS;

/// What is known of a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    /// The code.
    pub code: &'static str,
    /// What an application does about it.
    pub kind: ErrorKind,
    /// Whether the same again may succeed later without anybody changing anything.
    pub retryable: bool,
    /// What to do, in Chinese: one sentence.
    pub zh: &'static str,
    /// What to do, in English: one sentence.
    pub en: &'static str,
}

/// Codes that belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Family {
    /// What they are about, in Chinese and English.
    pub title: &'static str,
    /// The codes.
    pub codes: &'static [Known],
}

/// Every code of this version.
pub const FAMILIES: [Family; 8] = [
    Family { title: "填报 Entering and editing", codes: edit::CODES },
    Family { title: "本机数据 The data on this device", codes: file::CODES },
    Family { title: "连接与同步 Connection and sync", codes: session::CODES },
    Family { title: "邀请与授权 Invitations and permissions", codes: permission::CODES },
    Family { title: "修改的去向 What becomes of an edit", codes: guard::CODES },
    Family { title: "真伪 Genuine or not", codes: proof::CODES },
    Family { title: "建立城市 Making a city", codes: city::CODES },
    Family { title: "服务器与命令行 Server and command line", codes: server::CODES },
];

/// What is known of a code, if it is one of this version.
pub fn known(code: &str) -> Option<&'static Known> {
    FAMILIES.iter().flat_map(|family| family.codes).find(|known| known.code == code)
}

/// What a person should do about something, in both languages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Advice {
    /// In Chinese: one sentence.
    pub zh: &'static str,
    /// In English: one sentence.
    pub en: &'static str,
}

/// What to do about the code of an error, a warning or a finding, if it is one of this version.
pub fn advice(code: &str) -> Option<Advice> {
    let error = known(code).map(|known| (known.zh, known.en));
    let others = || {
        let mut others = CAUTIONS.iter().chain(&FINDINGS);
        others.find(|other| other.code == code).map(|other| (other.zh, other.en))
    };
    error.or_else(others).map(|(zh, en)| Advice { zh, en })
}

impl Known {
    const fn new(code: &'static str, kind: ErrorKind, zh: &'static str, en: &'static str) -> Self {
        Self { code, kind, retryable: false, zh, en }
    }

    /// The same, and it may work later by itself.
    const fn later(self) -> Self {
        Self { retryable: true, ..self }
    }
}

const fn refused(code: &'static str, zh: &'static str, en: &'static str) -> Known {
    Known::new(code, ErrorKind::Refused, zh, en)
}

const fn not_found(code: &'static str, zh: &'static str, en: &'static str) -> Known {
    Known::new(code, ErrorKind::NotFound, zh, en)
}

const fn file(code: &'static str, zh: &'static str, en: &'static str) -> Known {
    Known::new(code, ErrorKind::File, zh, en)
}

const fn network(code: &'static str, zh: &'static str, en: &'static str) -> Known {
    Known::new(code, ErrorKind::Network, zh, en)
}

/// Something a newer version made.
const fn needs_update(code: &'static str) -> Known {
    Known::new(
        code,
        ErrorKind::NeedsUpdate,
        "这是新版软件的内容，请把应用更新到最新版后再试。",
        "This was made by a newer version: update the app and try again.",
    )
}

/// The software is at fault.
const fn internal(code: &'static str) -> Known {
    Known::new(
        code,
        ErrorKind::Internal,
        "这是软件本身的毛病，请把方括号里的代码告诉系统管理员。",
        "This is a fault of the software: tell the operator the code in brackets.",
    )
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use keting_sync::{CloseReason, PeerMisbehaved};
    use keting_trust::Denied;

    use super::*;
    use crate::error::EngineError;

    fn all() -> impl Iterator<Item = &'static Known> {
        FAMILIES.iter().flat_map(|family| family.codes)
    }

    #[test]
    fn a_code_stands_in_the_catalogue_once() {
        let warnings = CAUTIONS.iter().chain(&FINDINGS).map(|caution| caution.code);
        let codes: Vec<_> = all().map(|known| known.code).chain(warnings).collect();
        assert_eq!(BTreeSet::from_iter(&codes).len(), codes.len());
    }

    #[test]
    fn every_code_has_one_sentence_in_each_language() {
        let errors = all().map(|known| (known.code, known.zh, known.en));
        let warnings = CAUTIONS.iter().chain(&FINDINGS);
        let warnings = warnings.map(|caution| (caution.code, caution.zh, caution.en));
        for (code, zh, en) in errors.chain(warnings) {
            let is_snake = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
            assert!(code.chars().all(is_snake), "{code}");
            assert_eq!(zh.find('。'), Some(zh.len() - '。'.len_utf8()), "{code}");
            assert!(zh.chars().all(|c| !",;:?!|".contains(c)), "{code}");
            assert_eq!(en.find('.'), Some(en.len() - 1), "{code}");
            assert!(en.is_ascii() && !en.contains('|'), "{code}");
            assert!(en.starts_with(|c: char| c.is_ascii_uppercase()), "{code}");
        }
    }

    #[test]
    fn a_broken_protocol_is_the_networks_and_not_worth_repeating() {
        for misbehaved in PeerMisbehaved::ALL {
            let known = known(misbehaved.code()).unwrap();
            assert_eq!((known.kind, known.retryable), (ErrorKind::Network, false), "{known:?}");
        }
    }

    #[test]
    fn what_the_catalogue_and_a_session_say_of_trying_again_agrees() {
        for reason in [
            CloseReason::Asked,
            CloseReason::ConnectionLost,
            CloseReason::PeerSilent { waited_for: "" },
            CloseReason::Incompatible { supported: Vec::new() },
            CloseReason::OwnFault(keting_sync::OwnFault::Store),
            CloseReason::OwnFault(keting_sync::OwnFault::Signer),
            CloseReason::OwnFault(keting_sync::OwnFault::Driver),
        ] {
            assert_eq!(known(reason.code()).unwrap().retryable, reason.retryable(), "{reason:?}");
        }
    }

    #[test]
    fn an_error_has_the_kind_of_its_code() {
        let kind = |error: EngineError| error.kind();
        assert_eq!(kind(keting_store::OpenError::WrongKey.into()), ErrorKind::File);
        assert_eq!(kind(Denied::Role.into()), ErrorKind::Refused);
        assert_eq!(kind(EngineError::NoReplica), ErrorKind::NotFound);
        assert_eq!(kind(CloseReason::ConnectionLost.into()), ErrorKind::Network);
        assert_eq!(kind(keting_trust::SignError::Unavailable.into()), ErrorKind::File);
        assert_eq!(kind(keting_trust::SignError::WrongKey.into()), ErrorKind::Internal);
        assert_eq!(kind(EngineError::Protocol { code: "of_no_version" }), ErrorKind::Refused);
    }
}
