//! What is said of the verbs of whoever runs a city's server, and of the command itself.

use super::{Both, Verb, example, verb};

const SERVER: Both = ("服务器的目录", "The server's directory");
const RUNNING: Both = ("正在运行的服务器的目录", "The running server's directory");

pub(super) const VERBS: &[Verb] = &[
    verb(
        "",
        (
            "客厅：多人离线填写户情花名册，联网后由服务器合并",
            "Keting: household rosters that several people edit offline and that merge through a server",
        ),
        &[],
        &[
            example("看一遍完整的演示", "See the whole story told", "demo"),
            example(
                "不对劲的时候，看看该做什么",
                "When something is wrong, ask what to do",
                "doctor --data phone",
            ),
        ],
    ),
    verb(
        "init",
        ("建立城市：日志、区域和根密钥", "Make a city: its log, its regions and its root key"),
        &[
            ("data", ("服务器的目录，新建", "The server's directory, to be made")),
            (
                "renew_issuing",
                (
                    "不建城市，用根密钥给已停机的城市续期签发密钥",
                    "Make no city: renew the issuing key of the one that is there, whose server is stopped",
                ),
            ),
            ("city", ("城市名称", "The city's name")),
            (
                "regions",
                (
                    "区域表：UTF-8，表头 code,name,level,parent_code,boundary,head",
                    "The regions: UTF-8, with the header code,name,level,parent_code,boundary,head",
                ),
            ),
            (
                "root_key",
                (
                    "根密钥写到哪个文件（写后移到离线保管处），续期时是它所在的文件",
                    "Where to write the root key, which must then be taken off this machine; or where it is",
                ),
            ),
        ],
        &[
            example(
                "建立城市",
                "Make a city",
                "init --data server --city 潮乡市 --regions regions.csv --root-key /media/usb/root.key",
            ),
            example(
                "续期签发密钥",
                "Renew the issuing key",
                "init --data server --renew-issuing --root-key /media/usb/root.key",
            ),
        ],
    ),
    verb(
        "serve",
        ("运行城市的服务器", "Run the server of a city"),
        &[
            ("data", SERVER),
            (
                "listen",
                (
                    "监听的地址和端口；也可写只对应一个地址的主机名",
                    "The address to listen on, with its port; or a name of one address only",
                ),
            ),
            (
                "url",
                (
                    "告诉设备连接的地址，与监听地址不同时填写：wss://HOST:PORT/v1/sync",
                    "The address devices are told to connect to, if it differs: wss://host:port/v1/sync",
                ),
            ),
            (
                "renew_within",
                (
                    "设备来联系时，授权离到期不足几天就续期",
                    "How many days before its end the grant of a device that comes is renewed",
                ),
            ),
            ("no_renew", ("授权只由系统管理员续期", "Leave renewing grants to the operator")),
            (
                "log_format",
                (
                    "标准错误上日志的格式，详细程度由环境变量 KETING_LOG 定：error、warn、info、debug 或 trace",
                    "How the log on standard error is written; KETING_LOG says how much of it: error, warn, \
                     info, debug or trace",
                ),
            ),
        ],
        &[example(
            "对外服务",
            "Serve the city's phones",
            "serve --data server --listen 0.0.0.0:7411 --url wss://keting.example.org:7411/v1/sync",
        )],
    ),
    verb(
        "invite",
        (
            "向运行中的服务器要一份邀请，给一台设备用",
            "Ask the running server for an invitation for one device",
        ),
        &[
            ("data", RUNNING),
            ("name", ("使用人姓名", "The name of the person")),
            ("role", ("角色", "The role")),
            (
                "region",
                (
                    "角色所管区域的代码，管理员不填",
                    "The code of the region the role is for; an administrator has none",
                ),
            ),
            ("days", ("授权几天", "For how many days the grant holds")),
        ],
        &[
            example(
                "邀请一位微网格长",
                "Invite the head of a micro-grid",
                "invite --data server --name 陆德祥 --role micro_grid_head --region 9904810010010101",
            ),
            example(
                "角色也可以用中文写",
                "A role may be named in Chinese",
                "invite --data server --name 沈国强 --role 管理员 --days 90",
            ),
        ],
    ),
    verb("invitation", ("查看和撤回邀请", "What became of invitations"), &[], &[]),
    verb(
        "invitation list",
        (
            "列出邀请给了谁、结果如何",
            "List whom invitations were made for, and what became of them",
        ),
        &[("data", SERVER)],
        &[example("列出来", "List them", "invitation list --data server")],
    ),
    verb(
        "invitation cancel",
        (
            "撤回邀请，谁也不能再用，并打印编号",
            "Take an invitation back, so that no device can use it any more; prints its id",
        ),
        &[
            (
                "id",
                (
                    "邀请编号（invitation list 里有），可只写前几位",
                    "The invitation's id, as invitation list prints it, or its first digits",
                ),
            ),
            ("data", RUNNING),
        ],
        &[example("撤回一个", "Take one back", "invitation cancel 3fa2 --data server")],
    ),
    verb("server", ("照看运行中的服务器", "Look after the running server"), &[], &[]),
    verb(
        "server confirm-clock",
        (
            "确认服务器的时钟现在是对的，并打印所显示的时间",
            "Say that the clock of the server's machine is right as it stands; prints the time it shows",
        ),
        &[("data", RUNNING)],
        &[example("时钟校准之后", "After it was set right", "server confirm-clock --data server")],
    ),
    verb(
        "server announce",
        (
            "告诉所有设备服务器今后的全部地址，取代以前的，并打印公告序号",
            "Tell every device where the server is from now on: all addresses, instead of those before; \
             prints the number of the announcement",
        ),
        &[
            (
                "urls",
                (
                    "一个地址，首选的写在前面，最多四个：wss://HOST:PORT/v1/sync",
                    "An address, the preferred one first, up to four times: wss://host:port/v1/sync",
                ),
            ),
            ("data", RUNNING),
        ],
        &[example(
            "搬家之前，新旧地址一起公告",
            "Before a move, announce the new and the old one",
            "server announce --url wss://new.example.org:7411/v1/sync --url \
                 wss://old.example.org:7411/v1/sync --data server",
        )],
    ),
    verb(
        "server rotate-key",
        (
            "更换 TLS 密钥：新密钥与旧的并用，到设备都知道了或满三十天为止，并打印新密钥的 SHA-256",
            "Change the TLS key: a new one is announced beside the older ones until every device has it, or \
             for thirty days; prints its SHA-256",
        ),
        &[("data", RUNNING)],
        &[example("更换", "Change it", "server rotate-key --data server")],
    ),
    verb(
        "server status",
        ("显示公告了什么、哪些设备已经知道", "Show what is announced, and which devices have it"),
        &[("data", SERVER)],
        &[example("显示", "Show it", "server status --data server")],
    ),
    verb("grant", ("设备的授权", "What devices were given"), &[], &[]),
    verb(
        "grant list",
        (
            "列出每台设备的授权、使用人和到期时间",
            "List what every device was given, who holds it and until when",
        ),
        &[("data", SERVER)],
        &[example("列出来", "List them", "grant list --data server")],
    ),
    verb(
        "grant renew",
        (
            "从现在起续期，过期的也可以，已停用的不行，并打印设备编号",
            "Renew what a device was given, from now on; also what is over, never what was ended; prints the \
             device's id",
        ),
        &[
            ("id", DEVICE_ID),
            (
                "days",
                ("几天，不填则与原来一样长", "For how many days; as long as before if not given"),
            ),
            (
                "regions",
                (
                    "只保留这个区域，填代码，可写多次",
                    "The code of a region to narrow it to; may be given several times",
                ),
            ),
            ("data", RUNNING),
        ],
        &[
            example("再给一年", "Give another year", "grant renew 1b7f --days 365 --data server"),
            example(
                "只留一个微网格",
                "Narrow it to one micro-grid",
                "grant renew 1b7f --region 9904810010010101 --data server",
            ),
        ],
    ),
    verb(
        "device end",
        (
            "停用一台设备：它交上之前填的内容，此后读不到新内容；并打印编号",
            "End a device: it hands over what was made before and then reads nothing more; prints its id",
        ),
        &[
            ("id", DEVICE_ID),
            (
                "why",
                ("原因，使用人会在设备上看到", "Why, in words that its holder reads on the device"),
            ),
            ("data", RUNNING),
        ],
        &[example("手机丢了", "A phone was lost", "device end 1b7f --why 手机丢失 --data server")],
    ),
];

const DEVICE_ID: Both = (
    "设备编号（grant list 里有），可只写前几位",
    "The device's id, as grant list prints it, or its first digits",
);
