//! Bytes that do not prove what they claim, or are not what they claim to be.

use super::{Known, needs_update, network};

pub(super) const CODES: &[Known] = &[
    not_genuine("not_signed"),
    not_genuine("bad_key"),
    not_genuine("bad_signature"),
    not_genuine("signed_by_another_key"),
    wrong_form("malformed"),
    wrong_form("trailing_bytes"),
    wrong_form("not_canonical"),
    wrong_form("invalid_field"),
    needs_update("unknown_algorithm"),
];

const fn not_genuine(code: &'static str) -> Known {
    network(
        code,
        "有一份资料证明不了是真的，没有被采用，请把代码告诉系统管理员。",
        "Something could not be proven genuine and was not used: tell the operator the code in \
         brackets.",
    )
}

const fn wrong_form(code: &'static str) -> Known {
    network(
        code,
        "有一份资料的格式不对，没有被采用，请更新应用后再试，仍然不行就把代码告诉系统管理员。",
        "Something did not have the right form and was not used: update the app and try again, and \
         if that does not help tell the operator the code in brackets.",
    )
}
