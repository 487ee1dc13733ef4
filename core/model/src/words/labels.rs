//! What the words that fields choose from are called for people.

/// A word with its labels. A word has the same ones in every field that it stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Label {
    /// The word, as it stands in documents, options and JSON.
    pub word: &'static str,
    /// What it is called in Chinese.
    pub zh: &'static str,
    /// What it is called in English.
    pub en: &'static str,
}

const fn called(word: &'static str, zh: &'static str, en: &'static str) -> Label {
    Label { word, zh, en }
}

const LABELS: &[Label] = &[
    called("head", "户主", "head"),
    called("spouse", "配偶", "spouse"),
    called("child", "子女", "child"),
    called("parent", "父母", "parent"),
    called("grandchild", "孙辈", "grandchild"),
    called("sibling", "兄弟姐妹", "sibling"),
    called("tenant", "租客", "tenant"),
    called("other", "其他", "other"),
    called("registered", "户籍", "registered here"),
    called("lives_here", "常住", "lives here"),
    called("both", "户籍并常住", "registered and lives here"),
    called("living", "在住", "living here"),
    called("away", "外出", "away"),
    called("moved_out", "迁出", "moved out"),
    called("deceased", "已故", "deceased"),
    called("open", "未办理", "open"),
    called("in_progress", "办理中", "in progress"),
    called("met", "已办好", "met"),
    called("dropped", "不再需要", "dropped"),
    called("stands", "有效", "stands"),
    called("withdrawn", "已作废", "withdrawn"),
    called("owned", "自有", "owned"),
    called("rented", "租住", "rented"),
    called("public", "公房", "public housing"),
    called("employer", "单位房", "the employer's"),
    called("male", "男", "male"),
    called("female", "女", "female"),
    called("living_alone", "独居老人", "lives alone"),
    called("empty_nest", "空巢老人", "children away"),
    called("veteran_family", "优抚对象", "veteran's family"),
    called("low_income", "低收入", "low income"),
    called("left_behind", "留守人员", "left behind"),
    called("bereaved", "失独家庭", "lost an only child"),
    called("disabled", "残疾", "disabled"),
    called("chronic_illness", "慢性病", "chronic illness"),
    called("mental_illness", "精神障碍", "mental illness"),
    called("bedridden", "卧床", "bedridden"),
    called("city", "市", "city"),
    called("town", "镇（街道）", "town"),
    called("village", "村（社区）", "village"),
    called("grid", "网格", "grid"),
    called("micro_grid", "微网格", "micro-grid"),
    called("unit", "楼道单元", "unit"),
];

/// What a word is called, if it is one that a field chooses from.
pub fn label(word: &str) -> Option<&'static Label> {
    LABELS.iter().find(|label| label.word == word)
}
