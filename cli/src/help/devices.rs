//! What is said of the verbs of a device as a whole.

use super::{Both, Verb, example, verb};

const EITHER: Both = ("设备或服务器的目录", "The device's directory, or the server's");

pub(super) const VERBS: &[Verb] = &[
    verb(
        "enroll",
        (
            "凭邀请把这个目录变成城市的一台设备",
            "Make this directory a device of the city, with an invitation",
        ),
        &[
            ("data", ("设备的目录，没有就新建", "The device's directory, made if it is not there")),
            (
                "invitation",
                (
                    "邀请，即 keting invite 打印的那一行",
                    "The invitation, as keting invite printed it",
                ),
            ),
        ],
        &[example("加入", "Join", "enroll --data phone keting1:…")],
    ),
    verb(
        "sync",
        ("与服务器交换修改", "Exchange edits with the server"),
        &[(
            "watch",
            (
                "保持连接，有变化就打印，直到中断；其间这个目录由它占用，别的命令会被拒绝（replica_in_use）",
                "Stay connected and print what changes, until interrupted; meanwhile the directory is taken, and \
                 other commands on it are refused (replica_in_use)",
            ),
        )],
        &[
            example("同步一次", "Sync once", "sync --data phone"),
            example("一直连着", "Stay connected", "sync --watch --data phone"),
        ],
    ),
    verb(
        "status",
        (
            "显示设备是谁的、是否最新、有什么待发送和待办",
            "Show whether this device is up to date, whose it is, what waits, and what is to do",
        ),
        &[],
        &[example("看一眼", "Take a look", "status --data phone")],
    ),
    verb(
        "outbox",
        ("列出服务器还没有确认收到的修改", "List the edits the server has not acknowledged"),
        &[],
        &[example("列出来", "List them", "outbox --data phone")],
    ),
    verb(
        "held",
        (
            "服务器没有采用、待处理的修改",
            "The edits that the server holds: what was entered, and why",
        ),
        &[],
        &[],
    ),
    verb(
        "held list",
        (
            "列出待处理的修改和以它们为前提的修改",
            "List the edits that are held, and those that stand on them",
        ),
        &[],
        &[example("列出来", "List them", "held list --data phone")],
    ),
    verb(
        "held show",
        (
            "显示其中一项填了什么、为什么没有采用，便于重填",
            "Show what was entered with one, so that it can be entered again, and why it is held",
        ),
        &[(
            "id",
            (
                "编号，held list 里有，可只写前几位",
                "Its id, as held list prints it, or its first digits",
            ),
        )],
        &[example("看一项", "Show one", "held show 4d0c9a3e55b1f207 --data phone")],
    ),
    verb("device", ("设备", "Devices"), &[], &[]),
    verb(
        "device list",
        (
            "在服务器上列出全市的设备：谁在用、最近何时联系、有什么没办完；在设备上列出它所知道的",
            "List the devices of a city, on its server: who holds them, when they last came, and what is \
             open; on a device, those whose grants it knows",
        ),
        &[("data", EITHER)],
        &[example("全市的设备", "The devices of a city", "device list --data server")],
    ),
    verb(
        "verify",
        (
            "全面核对：签名、链条、投影、可见范围、写入者",
            "Check everything: signatures, chain, projections, audience, actors",
        ),
        &[("data", EITHER)],
        &[example("核对一台设备", "Check a device", "verify --data phone")],
    ),
    verb(
        "inspect",
        ("显示数据文件里有什么、多大", "Show what is in the file, and how large it is"),
        &[("data", EITHER)],
        &[example("看看大小", "See how large it is", "inspect --data phone")],
    ),
    verb(
        "doctor",
        (
            "检查设备或服务器哪里不对、先做什么后做什么，不改动任何内容",
            "Find out what keeps a device or a server from working, and what to do in which order; nothing is \
             changed",
        ),
        &[("data", EITHER)],
        &[
            example("检查一台设备", "Check a device", "doctor --data phone"),
            example("在服务器上", "On a server", "doctor --data server --json"),
        ],
    ),
    verb(
        "salvage",
        (
            "把损坏的数据文件放到一边，救出还没有发送的内容",
            "Set a damaged file aside and rescue what has not been sent",
        ),
        &[(
            "seen",
            (
                "上次修复的报告已看过，status 不再显示",
                "Say that the report of the last salvage has been read; status then stops showing it",
            ),
        )],
        &[
            example("修复", "Rescue it", "salvage --data phone"),
            example("报告看过了", "The report was read", "salvage --seen --data phone"),
        ],
    ),
    verb(
        "demo",
        (
            "在本机用一台真的服务器和四部手机演示整个过程",
            "Tell the story with a real server and four phones on this machine",
        ),
        &[
            ("households", ("户数", "How many households there are")),
            (
                "keep",
                (
                    "保留全部文件，并打印它们的目录",
                    "Keep the directory with all files, and say where it is",
                ),
            ),
            ("part", ("演示自己启动的部分", "A part of the story, which demo starts by itself")),
        ],
        &[example("大一些的演示", "A larger one", "demo --households 2000")],
    ),
    verb(
        "completions",
        ("打印命令补全脚本", "Print what a shell needs to complete these commands"),
        &[("shell", ("所用的 shell", "The shell"))],
        &[example(
            "在 Bash 里立即生效",
            "In Bash, at once",
            "completions bash > ~/.local/share/bash-completion/completions/keting",
        )],
    ),
];
