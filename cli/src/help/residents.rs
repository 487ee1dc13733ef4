//! What is said of the verbs of residents.

use super::{Both, Verb, example, verb};

const HOUSEHOLD: Both = ("户的编号，可只写前几位", "The household's id, or its first digits");
const RESIDENT: Both = ("居民的编号，可只写前几位", "The resident's id, or its first digits");
const NAME: Both = ("姓名", "The name");
const PHONE: Both = ("电话", "The phone number");
const RELATION: Both = ("与户主关系", "What they are to the head of the household");
const BOND: Both = ("人户关系", "How they belong to the household");
const ID_NUMBER: Both = ("身份证号", "The ID number");
const BIRTH_DATE: Both = ("出生日期，如 1962-05-05", "The date of birth, such as 1962-05-05");
const SEX: Both = ("性别", "The sex");
const HEALTH: Both = ("健康状况", "Health, in words");
const DISABILITY: Both = ("残疾情况", "Disability, in words");
const TAGS: Both = (
    "有这项重点关注，可写多次，没写的不变",
    "A care tag they have; may be given several times, others stay as they are",
);

pub(super) const VERBS: &[Verb] = &[
    verb("resident", ("户里的居民", "Residents of a household"), &[], &[]),
    verb(
        "resident add",
        ("在一户里新增居民，并打印编号", "Add a resident to a household; prints the resident's id"),
        &[
            ("household", HOUSEHOLD),
            ("name", NAME),
            ("phone", PHONE),
            ("relation", RELATION),
            ("bond", BOND),
            ("tags", TAGS),
            ("id_number", ID_NUMBER),
            ("birth_date", BIRTH_DATE),
            ("sex", SEX),
            ("health", HEALTH),
            ("disability", DISABILITY),
        ],
        &[example(
            "新增户主",
            "Add the head",
            "resident add 0002c8a5 --name 李桂芳 --relation 户主 --tag 独居老人 \
                 --data phone",
        )],
    ),
    verb(
        "resident edit",
        (
            "修改居民信息，空白表示清除",
            "Change what is known of a resident, an empty text clears it",
        ),
        &[
            ("household", HOUSEHOLD),
            ("resident", RESIDENT),
            ("name", NAME),
            ("phone", PHONE),
            ("relation", RELATION),
            ("bond", BOND),
            ("tags", TAGS),
            (
                "no_tags",
                (
                    "不再有这项重点关注，可写多次",
                    "A care tag they have no longer; may be given several times",
                ),
            ),
            ("id_number", ID_NUMBER),
            ("birth_date", BIRTH_DATE),
            ("sex", SEX),
            ("health", HEALTH),
            ("disability", DISABILITY),
        ],
        &[
            example(
                "换了电话",
                "The number changed",
                "resident edit 0002c8a5 6f1e --phone '138 0000 0001' --data \
                 phone",
            ),
            example(
                "去掉一项重点关注",
                "Take a care tag away",
                "resident edit 0002c8a5 6f1e --no-tag low_income --data phone",
            ),
        ],
    ),
    verb(
        "resident leave",
        (
            "登记居民迁出、外出、去世或回来；不删除，几个人填得不一样的也由此定下",
            "Record that a resident left, died or came back; nothing is deleted, and where people said \
             different things it settles them",
        ),
        &[
            ("household", HOUSEHOLD),
            ("resident", RESIDENT),
            ("status", ("变为什么状态", "What became of them")),
            ("reason", ("原因", "Why")),
            (
                "at",
                (
                    "日期，如 2026-11-23、11月23日、昨天",
                    "The day it came about, such as 2026-11-23, 11-23 or yesterday",
                ),
            ),
        ],
        &[
            example(
                "迁出了",
                "Somebody moved out",
                "resident leave 0002c8a5 6f1e --at 11月20日 --data phone",
            ),
            example(
                "又回来了",
                "Somebody came back",
                "resident leave 0002c8a5 6f1e --status 在住 --data phone",
            ),
        ],
    ),
    verb(
        "resident conceal",
        (
            "只公开姓名和关系；登记为不满十四周岁的会自动如此",
            "Leave nothing of a resident in the open but name and relation; entering that somebody is a \
             child under fourteen does so by itself",
        ),
        &[("household", HOUSEHOLD), ("resident", RESIDENT)],
        &[example("只公开姓名", "Conceal somebody", "resident conceal 0002c8a5 6f1e --data phone")],
    ),
    verb(
        "resident reveal",
        (
            "恢复公开，限于已满十四周岁的；谁刚满十四周岁，keting status 会列出",
            "Bring back into the open what is known of a resident who is no child, or no longer; keting status \
             lists who turned fourteen",
        ),
        &[("household", HOUSEHOLD), ("resident", RESIDENT)],
        &[example("恢复公开", "Reveal somebody", "resident reveal 0002c8a5 6f1e --data phone")],
    ),
    verb(
        "resident withdraw",
        (
            "作废填错的居民；不再计入，也不删除",
            "Withdraw a resident who was entered by mistake; they count nowhere any more, and nothing is \
             deleted",
        ),
        &[
            ("household", HOUSEHOLD),
            ("resident", RESIDENT),
            (
                "reason",
                (
                    "原因，看得到这位居民情况的人都会看到",
                    "Why, in a few words: whoever may read what is known of them reads this",
                ),
            ),
        ],
        &[example(
            "填错了户",
            "They belong to another household",
            "resident withdraw 0002c8a5 6f1e --reason 填错了户 --data phone",
        )],
    ),
    verb(
        "resident restore",
        ("恢复已作废的居民", "Say that a withdrawn resident stands after all"),
        &[
            ("household", HOUSEHOLD),
            ("resident", RESIDENT),
            ("reason", ("原因", "Why, in a few words")),
        ],
        &[example("恢复", "Restore them", "resident restore 0002c8a5 6f1e --data phone")],
    ),
];
