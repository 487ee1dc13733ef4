//! The replica's file, its folder and its keys.

use super::{Known, file, internal, not_found, refused};

pub(super) const CODES: &[Known] = &[
    file(
        "wrong_key",
        "这台设备的钥匙打不开这份数据，请用原来的设备和账户打开，不要删除文件。",
        "The keys on this device do not open the data: use the device and account that made it, and \
         do not delete the file.",
    ),
    file(
        "from_the_future",
        "这份数据是新版软件写的，请把应用更新到最新版再打开。",
        "A newer version wrote the data: update the app and open it again.",
    ),
    file(
        "replica_in_use",
        "另一个程序正在使用这份数据，请关掉它再试。",
        "Another program is using the data: close it and try again.",
    )
    .later(),
    damaged("corrupt"),
    damaged("document_damaged"),
    damaged("meta_damaged"),
    file(
        "read_only",
        "这里不允许写入，请检查文件和目录的权限后再试。",
        "The file or its folder cannot be written: check their permissions and try again.",
    ),
    file(
        "disk_full",
        "这台设备的存储空间满了，请清理出空间后再试。",
        "This device has no room left: free some space and try again.",
    )
    .later(),
    file(
        "busy",
        "数据正被占用，请稍等一会儿再试。",
        "The data is in use at the moment: wait a little and try again.",
    )
    .later(),
    file(
        "io",
        "文件读写失败，请检查磁盘或存储卡，然后再试。",
        "A file could not be read or written: check the disk or memory card and try again.",
    )
    .later(),
    file("rolled_back", "刚才没有保存成功，请再保存一次。", "It was not saved: save it again.")
        .later(),
    file(
        "migration_failed",
        "数据没能升级到这一版，请保留文件，退回旧版并联系社区或镇里的系统管理员。",
        "The data could not be brought to this version: keep the file, go back to the old version \
         and tell the operator.",
    ),
    file(
        "file_unusable",
        "文件或目录打不开，请检查它是否存在、有没有权限。",
        "A file or folder cannot be used: check that it exists and that you may use it.",
    ),
    file(
        "vault_unavailable",
        "暂时取不到这台设备的钥匙，请解锁设备后再试。",
        "The keys of this device cannot be reached: unlock the device and try again.",
    )
    .later(),
    file(
        "vault_secret_missing",
        "钥匙库里没有这份数据的钥匙，请核对 KETING_VAULT 指的文件夹，或回到原来的设备上使用。",
        "The vault holds no keys to this data: check that KETING_VAULT names the right folder, or use \
         the device that made it.",
    ),
    keyless("vault_secret_damaged"),
    file(
        "key_unavailable",
        "暂时用不了这台设备的钥匙，请解锁设备后再试。",
        "The key of this device cannot be used at the moment: unlock the device and try again.",
    )
    .later(),
    not_found(
        "no_replica",
        "这个目录里没有数据，请核对目录，或先凭邀请加入。",
        "There is no data in this folder: check the folder, or join with an invitation first.",
    ),
    refused(
        "not_enrolled",
        "这台设备还没有加入，请用 keting sync 同步，会用收到的邀请加入，没有邀请的请先凭邀请加入。",
        "This device has not joined a city yet: keting sync joins with the invitation it was given, or else join with an invitation first.",
    ),
    refused(
        "already_enrolled",
        "这台设备已经加入了另一个城市，请核对邀请，要加入这个城市请另建目录。",
        "This device is in another city: check the invitation, and take another folder to join this one.",
    ),
    refused(
        "closed",
        "数据已经关上了，请重新打开后再试。",
        "The data was closed: open it again and try again.",
    ),
    internal("internal"),
    internal("other_commit"),
    internal("number_too_large"),
    internal("statement_refused"),
];

const fn damaged(code: &'static str) -> Known {
    file(
        code,
        "数据文件损坏了，请不要删除，先用修复功能（keting salvage）救出还没有发送的内容。",
        "The data is damaged: do not delete it, and rescue what has not been sent with keting salvage.",
    )
}

const fn keyless(code: &'static str) -> Known {
    file(
        code,
        "这里没有这份数据的钥匙，请回到原来的设备上使用，或向系统管理员要新的邀请。",
        "The keys to this data are not here: use the device that made it, or ask the operator for a \
         new invitation.",
    )
}
