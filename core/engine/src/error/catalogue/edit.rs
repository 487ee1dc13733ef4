//! What a person fills in, and what the rules of the fields say to it.

use super::{Known, internal, needs_update, not_found, refused};

pub(super) const CODES: &[Known] = &[
    refused("empty", "这一栏不能留空，请填写。", "This field cannot be left empty: fill it in."),
    refused(
        "too_long",
        "这一栏的内容太长，请缩短后再保存。",
        "This is too long for the field: shorten it and save again.",
    ),
    refused(
        "bad_characters",
        "内容里有不能用的控制字符，请删去后再保存。",
        "There are control characters, which cannot be used: remove them and save again.",
    ),
    refused(
        "unknown_word",
        "没有这一项，请从给出的选项里选。",
        "There is no such choice: choose one of those given.",
    ),
    refused(
        "not_a_phone",
        "电话号码不对，请核对后填一个号码：手机号 11 位，固定电话要带区号，400 或 800 电话 10 位，短号 5 至 6 位。",
        "This is not a phone number: enter one of 11 digits, a landline with its area code, a 400 or 800 number, or a short number of 5 or 6.",
    ),
    refused(
        "not_an_id_number",
        "身份证号不对，请对照证件逐位核对后重新填写。",
        "This is not a valid ID number: compare it with the card digit by digit and enter it again.",
    ),
    refused(
        "old_id_number",
        "这是 15 位的旧身份证号，请核对现在的证件，填 18 位的号码。",
        "This is an old ID number of 15 digits: check today's card and enter the one of 18.",
    ),
    refused(
        "contradicts_id_number",
        "出生日期和身份证号里的不一致，请对照证件核对，把填错的一项改正。",
        "The date of birth is not the one in the ID number: check both on the card and correct the wrong one.",
    ),
    refused(
        "sex_contradicts_id_number",
        "性别和身份证号第 17 位不一致，单数为男，双数为女，请对照证件核对，把填错的一项改正。",
        "The sex is not the one in the ID number, whose 17th digit is odd for men and even for women: check both on the card and correct the wrong one.",
    ),
    refused(
        "before_birth",
        "去世、迁出等日期早于出生日期，请核对这两个日期，把填错的一项改正。",
        "Somebody would have died, left or come back before they were born: check both days and correct the wrong one.",
    ),
    refused(
        "before_last_status",
        "日期早于登记的上一个状态的日期，请核对，上一个日期填错了就先更正。",
        "The day is before that of the last status: check it, and if the earlier day is wrong correct that first.",
    ),
    refused(
        "no_letter",
        "姓名里至少要有一个汉字或字母，请核对后重新填写。",
        "A name has at least one letter or Chinese character: check it and enter it again.",
    ),
    refused(
        "not_a_date",
        "日期不对，请填写真实的日期，例如 2026-01-31，一年以内的可以写 1月31日或昨天，出生日期要写年份。",
        "This is not a date: enter a real day, such as 2026-01-31, or within the last year 01-31 or yesterday; a date of birth needs its year.",
    ),
    refused(
        "in_the_future",
        "日期不能晚于今天，请核对日期。",
        "The day is later than today: check the date.",
    ),
    refused(
        "before_1850",
        "日期早于 1850 年，请核对日期。",
        "The day is before 1850: check the date.",
    ),
    refused(
        "not_a_code",
        "区域代码只能由数字组成，请核对后重新填写。",
        "A region's code has digits only: check it and enter it again.",
    ),
    refused(
        "out_of_range",
        "数值超出了允许的范围，请核对后重新填写。",
        "The number is out of range: check it and enter it again.",
    ),
    refused(
        "wrong_type",
        "这一栏填的内容不是要求的那一类，请按提示重新填写。",
        "This field takes another sort of value: enter it again as the form asks.",
    ),
    refused(
        "not_an_id",
        "选中的对象不合适，请从列表里重新选择。",
        "What was chosen does not fit here: choose again from the list.",
    ),
    refused(
        "invalid_value",
        "有一栏的内容不合要求，请核对后重新填写。",
        "A field does not hold what it should: check it and enter it again.",
    ),
    refused(
        "incomplete",
        "必填的栏目没有填全，请补全后再保存。",
        "A required field is missing: fill it in and save again.",
    ),
    refused(
        "unknown_field",
        "没有这个栏目，请核对栏目的名称。",
        "There is no such field: check its name.",
    ),
    refused(
        "nothing_changed",
        "内容和原来一样，没有需要保存的修改。",
        "Everything is already as entered, so there is nothing to save.",
    ),
    refused(
        "unchanged",
        "这一栏已经是这个内容，不用再填。",
        "The field already has this value, so there is no need to enter it again.",
    ),
    refused(
        "already_set",
        "这一栏只能填一次，已经填过了，填错了请找上级处理。",
        "This field can be filled in only once and has been: if it is wrong, ask your supervisor.",
    ),
    refused(
        "conflicted",
        "有几个人在这一栏填了不同的内容，请先选定一个再修改。",
        "Several people entered different values here: choose one of them first, then edit.",
    ),
    refused(
        "changed_meanwhile",
        "这一项刚才有人改过或定过，请核对现在的内容再决定。",
        "Somebody has changed or settled this meanwhile: check what is there now, and then decide.",
    ),
    refused(
        "withdrawn",
        "这条或它所在的户已作废，不能再改，要改请先恢复。",
        "This, or its household, was withdrawn and cannot be changed: to change it restore it first.",
    ),
    refused(
        "already_withdrawn",
        "已经作废了，其后没有人再改过，不用再作废；要用请先恢复。",
        "It is withdrawn already and nobody worked on it since, so there is nothing to do: to use it, restore it first.",
    ),
    refused(
        "is_child",
        "登记的出生日期或身份证号表明其未满十四周岁，只能公开姓名和与户主关系；如有误，请先更正。",
        "The date of birth or ID number says this is a child under fourteen, of whom only name and relation stand in the open: if that is wrong, correct it first.",
    ),
    refused(
        "nothing_to_settle",
        "这一项没有待定的内容了，可能已有人定下；如果现在的内容不对，请直接修改。",
        "Nothing is left to settle here, perhaps because somebody has settled it: if what stands now is wrong, edit it.",
    ),
    not_found(
        "not_found",
        "没有找到，请核对编号，或同步之后再找。",
        "It is not here: check the id, or sync and look again.",
    ),
    not_found(
        "malformed_id",
        "这不是编号，编号只有数字和 a 至 f 的字母，请对照列表核对后重写。",
        "This is not an id, which has digits and the letters a to f: check it against the list.",
    ),
    not_found(
        "region_by_name",
        "区域要写代码，叫这个名称的已经列出，请选定一个，写它的代码。",
        "A region is named by its code: choose one of those listed, which are called so, and enter its code.",
    ),
    refused(
        "ambiguous_id",
        "有几个编号都这样开头，请选定一个，多写几位。",
        "Several ids begin so: choose one by more of its digits.",
    ),
    refused(
        "another_query",
        "查找的条件或顺序已经变了，请从第一页重新开始。",
        "What is looked for, or its order, is another than on the last page: begin again from the first page.",
    ),
    refused(
        "already_exists",
        "已经有了，请打开原有的修改，不要重复添加。",
        "It is there already: open it and edit it instead of adding it again.",
    ),
    refused(
        "wrong_year",
        "走访或记录的日期和所属年份对不上，请核对日期后重新填写。",
        "The day of the visit or note is of another year: check it and enter it again.",
    ),
    against_the_rules("wrong_time"),
    refused(
        "wrong_parent",
        "上级区域的层级不对，请重新选择上级区域。",
        "A region cannot lie in one of that level: choose another parent region.",
    ),
    refused(
        "too_many_items",
        "一次修改的人或事项太多，请分开填写。",
        "This edit is about too many people or items at once: enter them one by one.",
    ),
    refused(
        "too_much_unsent",
        "这项操作牵涉太多还没有发送的修改，请先同步再试。",
        "This builds on too many edits that are not handed over yet: sync first and try again.",
    ),
    against_the_rules("unknown_command"),
    against_the_rules("bad_commit"),
    against_the_rules("unknown_key"),
    against_the_rules("not_this_command"),
    against_the_rules("written_twice"),
    against_the_rules("fact_not_current"),
    against_the_rules("fact_left_out"),
    against_the_rules("concealed"),
    against_the_rules("wrong_owner"),
    needs_update("needs_newer_app"),
    needs_update("unknown_kind"),
    refused(
        "draft_too_large",
        "没填完的内容太多，请先填好并保存一部分。",
        "There is too much in the unfinished form: save a part of it and enter the rest after that.",
    ),
    refused(
        "too_many_drafts",
        "没填完的表太多，请先填完几份，或丢弃不要的。",
        "There are too many unfinished forms: fill in and save some, or discard what is not wanted.",
    ),
    internal("bad_draft_name"),
    internal("settlement_of_something_else"),
    internal("document_not_given"),
];

/// An edit that the app of this version does not make.
const fn against_the_rules(code: &'static str) -> Known {
    refused(
        code,
        "这项修改不合填报规则，请更新应用后重新填写，仍然不行就联系社区或镇里的系统管理员。",
        "This edit breaks the rules: update the app and enter it again, and if that does not help \
         tell the operator.",
    )
}
