//! What is said of the verbs of regions.

use super::{Verb, example, verb};

pub(super) const VERBS: &[Verb] = &[
    verb(
        "region",
        ("区域：镇、村、网格、微网格、楼道单元", "Regions: town, village, grid, micro-grid, unit"),
        &[],
        &[],
    ),
    verb(
        "region list",
        ("列出本机看得到的区域", "List the regions this device may see"),
        &[],
        &[example("列出来", "List them", "region list --data phone")],
    ),
    verb(
        "region show",
        ("显示一个区域", "Show one region"),
        &[("code", ("区域代码", "The region's code"))],
        &[example("看一个", "Show one", "region show 9904810010010101 --data phone")],
    ),
    verb(
        "region add",
        ("在一个区域下新增区域，并打印编号", "Add a region below another one; prints its id"),
        &[
            ("code", ("新区域的代码，从未用过的", "The new region's code, never used before")),
            ("name", ("名称", "Its name")),
            ("level", ("层级", "Its level")),
            ("parent", ("上级区域的代码", "The code of the region it is part of")),
            ("boundary", ("范围，用文字描述", "Its boundary in words")),
            ("head", ("负责人姓名", "The name of the person in charge")),
        ],
        &[example(
            "新增一个楼道单元",
            "Add a unit",
            "region add --code 9904810010010101009 --name 9单元 --level unit --parent 9904810010010101 \
                 --data phone",
        )],
    ),
];
