//! What a check-up finds that nothing has failed of yet, or that only a check-up can tell apart.

use super::Caution;

const fn finding(code: &'static str, zh: &'static str, en: &'static str) -> Caution {
    Caution { code, zh, en }
}

/// Every code of a finding of this version.
pub const FINDINGS: [Caution; 11] = [
    finding(
        "disk_low",
        "存储空间不多了，请尽快清理，满了就不能再录入。",
        "There is little room left on the disk: free some space soon, because nothing can be entered \
         once it is full.",
    ),
    finding(
        "clock_off",
        "这台机器的时钟不准，请检查系统的日期、时间和时区，最好打开自动校时。",
        "The clock of this machine is off: check the date, time and zone of the system, and best let it \
         be set by the network.",
    ),
    finding(
        "time_uncertain",
        "重启以后还没有联系过服务器，日期可能不准，请先同步一次。",
        "The server was not heard since the machine started, so dates may be wrong: sync first.",
    ),
    finding(
        "name_not_found",
        "查不到服务器的域名，请检查网络和域名解析，能上网但仍然查不到，就问系统管理员服务器是否换了地址。",
        "The name of the server is not known here: check the network and its name service, and if all \
         else works ask the operator whether the address has changed.",
    ),
    finding(
        "server_unwell",
        "服务器应答了，但它说自己有问题，请告诉系统管理员，在服务器上运行 keting doctor。",
        "The server answers, and says that something is wrong with it: tell the operator to run keting \
         doctor on the server.",
    ),
    finding(
        "grant_ends_soon",
        "授权快要到期了，请在到期之前联系社区或镇里的系统管理员续期。",
        "The permission ends soon: ask the operator to renew it before it does.",
    ),
    finding(
        "edits_held",
        "有的修改服务器没有采用，正在待处理，请用 keting held list 查看原因和办法。",
        "The server keeps some edits back: look at why, and what to do, with keting held list.",
    ),
    finding(
        "edits_refused",
        "有的修改服务器暂时没有收下，请再同步一次，一直这样就告诉系统管理员。",
        "The server did not take some edits for now: sync again, and if it stays so tell the operator.",
    ),
    finding(
        "never_synced",
        "本机还没有同步完整，请先同步一次。",
        "This device does not have everything yet: sync first.",
    ),
    finding(
        "sync_long_ago",
        "本机已有七天以上没有同步，请先同步一次。",
        "This device has not synced for more than seven days: sync first.",
    ),
    finding(
        "issuing_key_ends",
        "服务器发放授权的密钥九十天内到期，请取出根密钥续期（keting init --renew-issuing）。",
        "The server's key for giving permissions ends within ninety days: fetch the root key and renew it \
         (keting init --renew-issuing).",
    ),
];
