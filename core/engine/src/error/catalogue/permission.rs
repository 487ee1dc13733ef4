//! Who may do what: invitations, grants, devices.

use super::{Known, refused};

pub(super) const CODES: &[Known] = &[
    refused(
        "not_granted",
        "这超出了您的权限或所辖区域，请交给有权限的人办理。",
        "This is beyond your permission or your area: let somebody do it who may.",
    ),
    refused(
        "device_ended",
        "这台设备已停用，能交的已经交上去，资料还在本机，要继续用请向系统管理员要新的邀请。",
        "This device was ended: what could be handed over was, and the data is still here, to \
         go on ask the operator for a new invitation.",
    ),
    is_over("expired"),
    is_over("grant_ended").later(),
    begins_later("not_yet_valid").later(),
    begins_later("grant_not_yet_valid").later(),
    refused(
        "other_city",
        "这台设备或这份资料属于另一个城市，请核对邀请。",
        "This device or data belongs to another city: check the invitation.",
    ),
    refused(
        "audience_changed",
        "您的授权变了，正在按新的授权重新同步，请稍候。",
        "Your permissions have changed: the device syncs anew by them, wait a moment.",
    )
    .later(),
    refused(
        "unknown_device",
        "服务器不认识这台设备，请向系统管理员要新的邀请。",
        "The server does not know this device: ask the operator for a new invitation.",
    ),
    refused(
        "invitation_malformed",
        "邀请不完整或有错，请重新复制或扫描整份邀请。",
        "The invitation is incomplete or wrong: copy or scan all of it again.",
    ),
    new_invitation("invitation_unknown"),
    new_invitation("invitation_used"),
    new_invitation("invitation_expired"),
    refused(
        "invitation_cancelled",
        "这份邀请已被系统管理员撤回，请向系统管理员要新的。",
        "The operator took this invitation back: ask them for a new one.",
    ),
    refused(
        "anothers_device",
        "这台设备登记的是另一个人，不能换人使用：请换一个新的文件夹（或新的手机）加入，或请系统管理员用原来的姓名发邀请。",
        "This device is another person's and stays theirs: join in a new folder or on another phone, or ask the \
         operator for an invitation in the name it was given to.",
    ),
    refused(
        "issuing_key_expired",
        "服务器发放授权的密钥到期了，请联系社区或镇里的系统管理员，用根密钥续期（keting init --renew-issuing）。",
        "The server's key for giving permissions has expired: ask the operator to renew it with the \
         root key (keting init --renew-issuing).",
    ),
    refused(
        "other_root_key",
        "服务器出示的城市凭证和邀请不一致，可能是假冒的，请停下来联系社区或镇里的系统管理员。",
        "The server does not prove to be the city's that invited you and may be false: stop and tell \
         the operator.",
    ),
    does_not_hold("no_grant"),
    does_not_hold("grant_of_another"),
    does_not_hold("grant_not_of_the_city"),
    does_not_hold("unknown_grant"),
    does_not_hold("chain_length"),
    does_not_hold("broken_chain"),
    does_not_hold("wider_than_parent"),
];

const fn is_over(code: &'static str) -> Known {
    refused(
        code,
        "您的授权到期了，请联系社区或镇里的系统管理员续期，填过的内容都还在本机，续期后会自动发送。",
        "Your permission has ended: ask the operator to renew it, all you entered is still here and is \
         sent by itself then.",
    )
}

const fn begins_later(code: &'static str) -> Known {
    refused(
        code,
        "授权还没有到生效时间，填过的内容都还在本机，到时候会自动发送，一直这样就联系社区或镇里的系统管理员。",
        "The permission is not valid yet: all you entered is still here and is sent by itself once it \
         is, and if it stays so tell the operator.",
    )
}

const fn new_invitation(code: &'static str) -> Known {
    refused(
        code,
        "这份邀请用不了，可能已被用过或过了期，请向系统管理员要新的。",
        "This invitation cannot be used, perhaps because it was used before or is too old: ask the \
         operator for a new one.",
    )
}

const fn does_not_hold(code: &'static str) -> Known {
    refused(
        code,
        "这项授权不成立，没有被采用，请联系社区或镇里的系统管理员重新授权。",
        "The permission behind this does not hold and was not used: ask the operator for a new one.",
    )
}
