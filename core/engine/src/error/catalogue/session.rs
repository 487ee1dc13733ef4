//! Reaching the server, and the conversation with it.

use super::{ErrorKind, Known, internal, network, refused};

pub(super) const CODES: &[Known] = &[
    network(
        "unreachable",
        "连不上服务器，请检查网络后再试，一直连不上就问系统管理员服务器是否换了地址，填过的内容都还在本机。",
        "The server cannot be reached: check the network and try again, and if it stays so ask the \
         operator whether the address has changed, all you entered is still here.",
    )
    .later(),
    network(
        "connection_lost",
        "连接断了，请等信号恢复后再同步，填过的内容都还在本机。",
        "The connection broke: sync again when the signal is back, all you entered is still here.",
    )
    .later(),
    network(
        "peer_silent",
        "服务器很久没有回应，请过一会儿再同步。",
        "The server has not answered for a long time: sync again in a while.",
    )
    .later(),
    network(
        "sync_stopped",
        "同步已经停止，需要时请重新开始。",
        "Syncing was stopped: begin again when you need it.",
    )
    .later(),
    network(
        "tls_failed",
        "没能与服务器安全连接，请换一个网络再试，仍然不行就联系社区或镇里的系统管理员。",
        "There is no secure connection to the server: try another network, and if that does not help \
         tell the operator.",
    )
    .later(),
    refused(
        "wrong_server_key",
        "应答的不是邀请里的那台服务器，请换一个网络再试，仍然不行就向系统管理员要新的邀请，在本机再凭邀请加入，填过的内容会保留。",
        "The server that answered is not the one of your invitation: try another network, and if that \
         does not help ask the operator for a new one and join with an invitation here again, all you \
         entered stays.",
    ),
    network(
        "websocket_failed",
        "网络不让连接通过，请换一个网络再试，仍然不行就联系社区或镇里的系统管理员。",
        "The network does not let the connection through: try another one, and if that does not help \
         tell the operator.",
    )
    .later(),
    refused(
        "bad_address",
        "邀请里的服务器地址不对，请向系统管理员要新的邀请，在本机再凭邀请加入，填过的内容会保留。",
        "The server's address in the invitation is wrong: ask the operator for a new one and join with \
         an invitation here again, all you entered stays.",
    ),
    refused(
        "sync_running",
        "正在同步，不用再点，请稍等。",
        "Syncing is under way already: there is no need to ask again.",
    )
    .later(),
    network(
        "no_thread",
        "手机暂时腾不出资源来同步，请关掉一些应用后再试。",
        "The phone has no resources to sync just now: close some apps and try again.",
    )
    .later(),
    network(
        "server_stopping",
        "服务器正在停机，请过一会儿再试。",
        "The server is stopping: try again in a while.",
    )
    .later(),
    network(
        "clock_suspect",
        "服务器的时钟可能不准，正在等系统管理员核对并确认（keting server confirm-clock），填过的内容都还在本机，之后会自动发送。",
        "The server's clock may be wrong and waits for the operator to check and confirm it (keting \
         server confirm-clock), all you entered is still here and is sent by itself then.",
    )
    .later(),
    network(
        "store_failed",
        "内容暂时没能存好，请过一会儿再试，一直这样就告诉系统管理员。",
        "The data could not be stored just now: try again in a while, and if it stays so tell the \
         operator.",
    )
    .later(),
    Known::new(
        "no_common_version",
        ErrorKind::NeedsUpdate,
        "应用和服务器的版本对不上，请更新应用，已是最新版就请系统管理员更新服务器。",
        "The app and the server are of versions that do not fit: update the app, or ask the operator \
         to update the server.",
    ),
    network(
        "log_diverged",
        "服务器的记录和本机的对不上，可能是从备份恢复过，请保留本机的数据并联系社区或镇里的系统管理员。",
        "The server's records differ from this device's, perhaps after a restore: keep the data here \
         and tell the operator.",
    )
    .later(),
    network(
        "log_not_signed",
        "服务器发来的内容没有本市的签名，没有被采用，请换一个网络再试，仍然不行就联系社区或镇里的系统管理员。",
        "What the server sent is not signed by the city and was not used: try another network, and if \
         that does not help tell the operator.",
    ),
    network(
        "enrolment_not_proven",
        "应答的服务器证明不了它能让本机加入，什么都没有改动，请换一个网络再试，仍然不行就向系统管理员要新的邀请。",
        "The server that answered could not prove that it may enrol this device, and nothing was \
         changed: try another network, and if that does not help ask the operator for a new \
         invitation.",
    ),
    network(
        "log_refused",
        "服务器发来的一项内容没有通过检查，本机没有采用，请把代码告诉系统管理员。",
        "Something the server sent did not pass the checks and was not used: tell the operator the \
         code in brackets.",
    ),
    out_of_order("peer_of_other_city"),
    out_of_order("frame_too_large"),
    out_of_order("frame_empty"),
    out_of_order("unknown_codec"),
    out_of_order("unknown_message"),
    out_of_order("too_much"),
    out_of_order("hello_missing"),
    out_of_order("hello_repeated"),
    out_of_order("hello_not_signed"),
    out_of_order("too_early"),
    out_of_order("too_many_pushed"),
    out_of_order("pushed_twice"),
    out_of_order("confirm_not_sent"),
    out_of_order("confirmation_invalid"),
    out_of_order("welcome_missing"),
    out_of_order("welcome_repeated"),
    out_of_order("version_not_offered"),
    out_of_order("enrolled_out_of_place"),
    out_of_order("entries_out_of_order"),
    out_of_order("entry_beyond"),
    out_of_order("window_exceeded"),
    out_of_order("cursor_backwards"),
    out_of_order("cursor_of_other_log"),
    out_of_order("progress_out_of_place"),
    out_of_order("answer_not_asked"),
    out_of_order("new_generation_out_of_place"),
    internal("driver_fault"),
];

/// One side of the conversation broke its rules.
const fn out_of_order(code: &'static str) -> Known {
    network(
        code,
        "应用和服务器通信出错，请更新应用后再同步，仍然不行就把代码告诉系统管理员。",
        "The app and the server do not understand each other: update the app and sync again, and if \
         that does not help tell the operator the code in brackets.",
    )
}
