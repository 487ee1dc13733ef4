//! What is said of the verbs of households.

use super::{Both, Verb, example, verb};

const ID: Both = ("户的编号，可只写前几位", "The household's id, or its first digits");
const ADDRESS: Both =
    ("地址，如 望潮小区3幢1单元201室", "The address, such as 望潮小区3幢1单元201室");
const ADDRESS_CODE: Both = ("标准地址编码", "The code of the standard address");
const TENURE: Both = ("房屋权属", "The tenure");
const VISIT: Both =
    ("只指这次走访，填编号或前几位", "Only the visit with this id, or its first digits");
const NOTE: Both =
    ("只指这条记录，填编号或前几位", "Only the note with this id, or its first digits");
const NEED: Both =
    ("只指这项需求，填编号或前几位", "Only the need with this id, or its first digits");

pub(super) const VERBS: &[Verb] = &[
    verb("household", ("户", "Households"), &[], &[]),
    verb(
        "household add",
        ("新增一户，并打印编号", "Add a household; prints its id"),
        &[
            ("region", ("所属区域的代码", "The code of the region it belongs to")),
            ("address", ADDRESS),
            ("address_code", ADDRESS_CODE),
            ("tenure", TENURE),
        ],
        &[example(
            "新增一户",
            "Add one",
            "household add --region 9904810010010101001 --address 望潮小区3幢1单元201室 --tenure 自有 --data \
                 phone",
        )],
    ),
    verb(
        "household list",
        ("列出各户", "List households"),
        &[(
            "region",
            ("只列这个区域及其下级，填代码", "Only those of this region and the regions in it"),
        )],
        &[
            example("全部", "All of them", "household list --data phone"),
            example(
                "一个微网格的，供程序读取",
                "Those of a micro-grid, for machines",
                "household list --region 9904810010010101 --json --data phone",
            ),
        ],
    ),
    verb(
        "household show",
        (
            "显示一户：居民、需求、走访、记录和待定的内容；居民状态和需求办理的每一步都列出，“此前”一栏由近到远",
            "Show one household: residents, needs, visits, notes, values to settle; of a status and of a need \
             every step, the earlier ones below, the last of them first",
        ),
        &[("id", ID)],
        &[example(
            "连同已作废的",
            "Also what was withdrawn",
            "household show 0002c8a5 --withdrawn --data phone",
        )],
    ),
    verb(
        "household edit",
        (
            "修改一户，空白表示清除，并打印编号",
            "Change fields of a household, an empty text clears one; prints its id",
        ),
        &[("id", ID), ("address", ADDRESS), ("address_code", ADDRESS_CODE), ("tenure", TENURE)],
        &[example(
            "改房屋权属",
            "Change the tenure",
            "household edit 0002c8a5 --tenure rented --data phone",
        )],
    ),
    verb(
        "household visit",
        ("登记一次走访，并打印编号", "Record a visit; prints its id"),
        &[
            ("id", ID),
            ("purpose", ("事由", "What the visit was for")),
            ("note", ("所见所闻", "What was said and seen")),
            (
                "at",
                (
                    "日期，如 2026-11-23、11月23日、昨天，不填为今天",
                    "The day, such as 2026-11-23, 11-23 or yesterday; today if not given",
                ),
            ),
            (
                "by",
                (
                    "走访人，不是本机使用人时填写",
                    "Who went there, if it was not the holder of this device",
                ),
            ),
        ],
        &[example(
            "昨天去过",
            "Somebody was there yesterday",
            "household visit 0002c8a5 --purpose 看望独居老人 --at 昨天 --data \
                 phone",
        )],
    ),
    verb(
        "household need",
        (
            "登记一项需求，或登记办理情况，并打印编号",
            "Record a need, or move one on; prints its id",
        ),
        &[
            ("id", ID),
            ("text", ("新的需求是什么", "What is needed: a new need")),
            (
                "need",
                ("已登记的需求，填编号或前几位", "The id of a known need, or its first digits"),
            ),
            ("status", ("办理情况", "What became of it")),
            ("note", ("办理说明", "A remark on what became of it")),
        ],
        &[
            example(
                "登记一项需求",
                "Record one",
                "household need 0002c8a5 --text 楼道灯坏了 --data phone",
            ),
            example(
                "办好了",
                "It is met",
                "household need 0002c8a5 --need 6f1e --status 已办好 --data \
                 phone",
            ),
        ],
    ),
    verb(
        "household note",
        ("写一条记录，并打印编号", "Write a note about a household; prints its id"),
        &[("id", ID), ("text", ("内容", "The note"))],
        &[example(
            "记一笔",
            "Write one",
            "household note 0002c8a5 --text 白天一般没人在家 --data phone",
        )],
    ),
    verb(
        "household settle",
        (
            "几个人填得不一样的一项，定下哪个为准",
            "Settle a field for which several people wrote different values",
        ),
        &[
            (
                "id",
                (
                    "这一项所在文档的编号或前几位，household show 会列出",
                    "The id of the document the value stands in, or its first digits: household show lists it",
                ),
            ),
            (
                "key",
                (
                    "这一项的键，household show 会列出",
                    "The key of the field, as household show lists it",
                ),
            ),
            (
                "choose",
                ("选用第几个值", "The number of one of the values, as household show lists them"),
            ),
            (
                "value",
                (
                    "都不对，正确的是这个；重点关注填 true 或 false",
                    "Another value that is right; true or false for a care tag",
                ),
            ),
            ("clear", ("清空这一项", "Nothing: the field is cleared")),
        ],
        &[example(
            "选用第二个",
            "Choose the second",
            "household settle 0002c8a5 address --choose 2 --data phone",
        )],
    ),
    verb(
        "household withdraw",
        (
            "作废填错的：整户，或其中一次走访、一条记录、一项需求；不再计入，也不删除",
            "Withdraw what was entered by mistake: the household with everything in it, or one visit, note \
             or need; it counts nowhere any more, and nothing is deleted",
        ),
        &[
            ("id", ID),
            ("visit", VISIT),
            ("note", NOTE),
            ("need", NEED),
            (
                "reason",
                (
                    "原因，看得到这项内容的人都会看到",
                    "Why, in a few words: whoever may read what is withdrawn reads this",
                ),
            ),
        ],
        &[example(
            "重复登记了",
            "It was entered twice",
            "household withdraw 0002c8a5 --reason 重复登记 --data phone",
        )],
    ),
    verb(
        "household restore",
        ("恢复已作废的", "Say that something withdrawn stands after all"),
        &[
            ("id", ID),
            ("visit", VISIT),
            ("note", NOTE),
            ("need", NEED),
            ("reason", ("原因", "Why, in a few words")),
        ],
        &[example(
            "恢复一次走访",
            "Restore a visit",
            "household restore 0002c8a5 --visit 6f1e --data phone",
        )],
    ),
];
