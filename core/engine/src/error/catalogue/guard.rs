//! Why an edit is held for a supervisor, or not taken.

use super::{ErrorKind, Known, internal, refused};

pub(super) const CODES: &[Known] = &[
    refused(
        "held",
        "有修改待处理，请用 keting held list 查看内容和原因，核对后可重新填写，或找上级处理。",
        "Some edits are held: see what and why with keting held list, then enter them again, or ask \
         your supervisor.",
    ),
    refused(
        "ancestor_held",
        "这项修改所依据的前一项待处理，请先处理前一项，再重新填写这一项。",
        "An earlier edit that this one builds on is held: see to that one first, then enter this one \
         again.",
    ),
    refused(
        "grant_revoked",
        "这项修改是这台设备停用以后填的，请找上级处理。",
        "This edit was made after this device was ended: ask your supervisor.",
    ),
    refused(
        "device_rolled_back",
        "这台设备的数据被恢复成了旧的，这项修改会自动重做，请再同步一次，授权到期或设备已停用的请联系系统管理员，有了授权就自动重做。",
        "The data of this device was put back to an older state, and this edit is made anew by itself: \
         sync once more; where no grant covers it, ask the operator for one, and it is made anew then.",
    )
    .later(),
    refused(
        "needs_a_person",
        "这台设备的数据被恢复成了旧的，这项修改没法自动重做，请对照现在的资料重新填写。",
        "The data of this device was put back to an older state, and this edit could not be made anew by \
         itself: compare it with what is there today and enter it again.",
    ),
    refused(
        "missing_dependency",
        "这项修改所依据的内容还没有传到，请再同步一次。",
        "What this edit builds on has not arrived yet: sync once more.",
    )
    .later(),
    refused(
        "parts_missing",
        "这项修改没有传完整，请再同步一次，仍然不行就联系社区或镇里的系统管理员。",
        "This edit did not arrive whole: sync once more, and if that does not help tell the operator.",
    )
    .later(),
    refused(
        "document_exists",
        "别人已经建好了，请同步之后在原有的上面修改。",
        "Somebody else has made it already: sync, then edit what is there.",
    ),
    refused(
        "code_exists",
        "这个区域代码已经用过了，请换一个。",
        "This region code is in use: choose another one.",
    ),
    refused(
        "wrong_code",
        "区域代码要在上级代码后面接编：镇、村、单元接三位，网格、微网格接两位，请改正。",
        "A region's code continues that of the region above, by three digits for a town, village or \
         unit, by two for a grid or micro-grid: correct it.",
    ),
    refused(
        "document_full",
        "这份资料的历史太长，存不下了，请联系社区或镇里的系统管理员。",
        "The history of this document is full: tell the operator.",
    ),
    refused(
        "too_many_branches",
        "这台设备在同一份资料上改出了太多互相冲突的版本，请先同步再修改，并联系社区或镇里的系统管理员。",
        "This device has made too many conflicting versions of one document: sync before you edit, \
         and tell the operator.",
    )
    .later(),
    refused(
        "sequence_reused",
        "这台设备的数据被恢复成了旧的，这项修改会自动重做，请再同步一次，仍然不行就联系社区或镇里的系统管理员。",
        "The data of this device was put back to an older state, and this edit is made anew by itself: \
         sync once more, and if that does not help tell the operator.",
    )
    .later(),
    refused(
        "too_large",
        "这项修改的内容太多，请分几次保存。",
        "This edit is too large: enter it in several steps.",
    ),
    refused(
        "limit",
        "这项修改的内容太多，请分几次保存。",
        "This edit is too large: enter it in several steps.",
    ),
    refused(
        "quota_exceeded",
        "这台设备今天传的内容太多，请明天再同步，仍然不行就联系社区或镇里的系统管理员。",
        "This device has sent too much today: sync again tomorrow, and if that does not help tell \
         the operator.",
    )
    .later(),
    refused(
        "fork",
        "这台设备的数据被恢复成了旧的，或者被复制后在两处使用，请停用其中一处，再同步一次，仍然不行就联系社区或镇里的系统管理员。",
        "The data of this device was put back to an older state, or copied and used in two places: stop \
         using one of them and sync once more, and if that does not help tell the operator.",
    )
    .later(),
    refused(
        "position_behind",
        "这台设备的数据被恢复成了旧的，这项修改会自动重做，请再同步一次，仍然不行就联系社区或镇里的系统管理员。",
        "The data of this device was put back to an older state, and this edit is made anew by itself: \
         sync once more, and if that does not help tell the operator.",
    )
    .later(),
    Known::new(
        "server_needs_update",
        ErrorKind::NeedsUpdate,
        "服务器的版本太旧，看不懂这项修改，请联系社区或镇里的系统管理员更新服务器，修改还在本机，更新后会自动发送。",
        "The server is too old to judge this edit: ask the operator to update it, the edit is still \
         here and is sent by itself then.",
    )
    .later(),
    not_taken("grammar"),
    not_taken("replay_differs"),
    not_taken("stamp_differs"),
    not_taken("not_in_commit"),
    not_taken("document_twice"),
    internal("store_contradiction"),
];

/// No honest app of any version makes such an edit.
const fn not_taken(code: &'static str) -> Known {
    refused(
        code,
        "这项修改没有通过检查，请更新应用后重新填写，并把代码告诉系统管理员。",
        "This edit did not pass the checks: update the app and enter it again, and tell the operator \
         the code in brackets.",
    )
}
