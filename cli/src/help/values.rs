//! What an argument takes, as it stands in usage: `<DATA>`, in Chinese `<目录>`.

/// Of each value the name that the code gives it, and the Chinese one. What stands for two things is told apart
/// by the verb.
const VALUES: &[(&str, &str, &str)] = &[
    ("region add", "NAME", "名称"),
    ("household withdraw", "NOTE", "记录编号"),
    ("household restore", "NOTE", "记录编号"),
    ("", "ADDRESS", "地址"),
    ("", "ADDRESS_CODE", "地址编码"),
    ("", "AT", "日期"),
    ("", "BIRTH_DATE", "出生日期"),
    ("", "BOND", "人户关系"),
    ("", "BOUNDARY", "范围"),
    ("", "BY", "走访人"),
    ("", "CHOOSE", "序号"),
    ("", "CITY", "城市"),
    ("", "CODE", "代码"),
    ("", "DATA", "目录"),
    ("", "DAYS", "天数"),
    ("", "DISABILITY", "残疾情况"),
    ("", "HEAD", "负责人"),
    ("", "HEALTH", "健康状况"),
    ("", "HOUSEHOLD", "户编号"),
    ("", "HOUSEHOLDS", "户数"),
    ("", "ID", "编号"),
    ("", "ID_NUMBER", "身份证号"),
    ("", "INVITATION", "邀请"),
    ("", "KEY", "键"),
    ("", "LEVEL", "层级"),
    ("", "LISTEN", "地址"),
    ("", "LOG_FORMAT", "格式"),
    ("", "NAME", "姓名"),
    ("", "NEED", "需求编号"),
    ("", "NOTE", "说明"),
    ("", "PARENT", "上级代码"),
    ("", "PART", "部分"),
    ("", "PHONE", "电话"),
    ("", "PURPOSE", "事由"),
    ("", "REASON", "原因"),
    ("", "REGION", "区域代码"),
    ("", "REGIONS", "区域表"),
    ("", "RELATION", "关系"),
    ("", "RESIDENT", "居民编号"),
    ("", "ROLE", "角色"),
    ("", "ROOT_KEY", "文件"),
    ("", "SEX", "性别"),
    ("", "SHELL", "外壳"),
    ("", "STATUS", "状态"),
    ("", "TAG", "标签"),
    ("", "TENURE", "权属"),
    ("", "TEXT", "内容"),
    ("", "URL", "网址"),
    ("", "VALUE", "值"),
    ("", "VISIT", "走访编号"),
    ("", "WHY", "原因"),
];

/// What a value of a verb is called in Chinese.
pub(super) fn in_chinese(path: &str, value: &str) -> Option<&'static str> {
    let is_it =
        |(of, name, _): &&(&str, &str, &str)| *name == value && (*of == path || of.is_empty());
    VALUES.iter().find(is_it).map(|(.., zh)| *zh)
}
