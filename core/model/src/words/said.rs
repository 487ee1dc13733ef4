//! What people say for the words that fields choose from: 老婆 for a spouse, 低保 for a low income.
//!
//! Relations are grouped as GB/T 4761 groups them (sons-in-law with the children, parents-in-law with the
//! parents). For its groups that no word of ours stands for, such as grandparents, people say `other`.
//! What could mean two words of one field is left out: whoever typed it is shown the choices.

/// What people say for a word, beside the word itself and its labels.
pub fn said_for(word: &str) -> impl Iterator<Item = &'static str> {
    said(word).split_ascii_whitespace()
}

fn said(word: &str) -> &'static str {
    match word {
        "head" => "本人 户主本人 householder",
        "spouse" => "夫 妻 丈夫 妻子 老公 老婆 爱人 夫人 太太 husband wife",
        "child" => CHILDREN,
        "parent" => PARENTS,
        "grandchild" => {
            "孙子 孙女 孙子女 外孙 外孙子 外孙女 外孙子女 孙媳 孙媳妇 外孙媳妇 孙女婿 外孙女婿 曾孙 曾孙子 曾孙女 外曾孙子 \
                外曾孙女 重孙 重孙子 重孙女 grandson granddaughter"
        }
        "sibling" => {
            "兄 弟 兄弟 哥哥 哥 弟弟 姐姐 姐 姊 姐妹 妹妹 妹 大哥 大姐 嫂 嫂子 弟媳 弟妹 弟媳妇 姐夫 妹夫 brother \
                sister"
        }
        "tenant" => "租户 房客 承租人 租房人 lodger",
        "other" => OTHERS,
        "registered" => "户籍人口 户口在此 仅户籍",
        "lives_here" => "常住人口 居住 仅常住",
        "both" => "人户一致 户籍常住 户籍且常住",
        "living" => "在家 居住 在住本户 住在这里 回来 回来了 已回来 回家 搬回 搬回来 搬回来了",
        "away" => "外出务工 在外打工 外出打工 打工 务工 在外 在外地 外地 出门 住校 服役 参军 当兵",
        "moved_out" => "搬走 搬走了 搬家 搬出 搬离 迁走 已迁出 已搬走 户口迁出",
        "deceased" => "去世 死亡 过世 病故 亡故 逝世 离世 身故 死了 已去世 已死亡 已过世 dead died",
        "open" => "待办 未办 未处理 没办",
        "in_progress" => "处理中 进行中 在办 正在办 正在处理 受理 已受理 跟进 跟进中",
        "met" => "办结 已办 已办结 已解决 已完成 办好了 完成 解决 解决了 修好了 done",
        "dropped" => "取消 不需要 不要了 不用了 放弃 撤回 作罢",
        "owned" => "自有房 自购 自购房 自建房 产权房 自己的",
        "rented" => "租 租房 租赁 出租房 租的",
        "public" => "公租房 廉租房 直管公房",
        "employer" => "单位宿舍 宿舍 员工宿舍 职工宿舍",
        "male" => "男性 男士 man",
        "female" => "女性 女士 woman",
        "living_alone" => "独居 独居者 一个人住 独自居住",
        "empty_nest" => "空巢 空巢家庭 空巢户",
        "veteran_family" => {
            "优抚 优抚家庭 优待抚恤 军属 烈属 军烈属 退役军人 退伍军人 现役军人家属 veteran"
        }
        "low_income" => "低保 低保户 低保边缘 低收入家庭 低收入户 困难户 贫困户",
        "left_behind" => "留守 留守儿童 留守老人 留守妇女",
        "bereaved" => "失独 失独老人 失独父母",
        "disabled" => "残疾人 残障 残障人士",
        "chronic_illness" => "慢病 慢性病患者 慢性病人",
        "mental_illness" => "精神病 精神疾病 精神障碍患者 精神病患者",
        "bedridden" => "卧床老人 长期卧床 瘫痪在床",
        "city" => "县级市",
        "town" => "镇 街道 乡 镇街 乡镇",
        "village" => "村 社区 行政村 村社",
        "grid" => "大网格 地理信息大网格",
        "unit" => "单元 楼道 党员中心户",
        _ => "",
    }
}

/// Groups 2 and 3 of GB/T 4761.
const CHILDREN: &str = "子 女 儿子 女儿 儿女 孩子 小孩 独生子 独生女 长子 长女 次子 次女 大儿子 大女儿 二儿子 二女儿 小儿子 小女儿 三子 \
     三女 四子 四女 五子 五女 养子 养女 继子 继女 女婿 儿媳 儿媳妇 son daughter";

/// Group 5.
const PARENTS: &str = "父 母 父亲 母亲 爸爸 妈妈 爸 妈 老爸 老妈 公公 婆婆 岳父 岳母 丈人 老丈人 丈母娘 继父 继母 养父 养母 \
     father mother";

/// Groups 6, 8 and 9: grandparents, further relatives, and who is none.
const OTHERS: &str = "祖父 祖母 爷爷 奶奶 外祖父 外祖母 外公 外婆 姥爷 姥姥 祖父母 外祖父母 曾祖父 曾祖母 太爷爷 太奶奶 伯父 伯母 伯伯 \
     叔父 叔叔 婶母 婶婶 舅父 舅舅 舅母 舅妈 姨父 姨母 阿姨 姑父 姑母 姑姑 姑妈 姨妈 堂兄弟 堂姐妹 堂哥 堂弟 堂姐 \
     堂妹 表兄弟 表姐妹 表哥 表弟 表姐 表妹 侄子 侄女 侄儿 侄媳 侄媳妇 侄孙 外甥 外甥女 外甥女婿 \
     亲家 亲家公 亲家母 连襟 妯娌 大舅子 小舅子 大姨子 小姨子 大姑子 小姑子 小叔子 女友 男友 未婚妻 未婚夫 干儿子 \
     干女儿 同事 同学 室友 合租 护工 监护人 亲戚 其他亲属 保姆 非亲属 朋友 grandfather \
     grandmother relative";
