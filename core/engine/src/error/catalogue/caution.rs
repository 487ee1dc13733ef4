//! What an edit that is kept should be looked at again for.

/// What is known of the code of a warning. Nothing has failed, so there is no kind and nothing to try
/// again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caution {
    /// The code.
    pub code: &'static str,
    /// What to do, in Chinese: one sentence.
    pub zh: &'static str,
    /// What to do, in English: one sentence.
    pub en: &'static str,
}

/// Every code of a warning of this version.
pub const CAUTIONS: [Caution; 7] = [
    Caution {
        code: "day_uncertain",
        zh: "已保存，但本机还不确定今天是几号，所填日期可能还没到，请核对，同步后再看一次。",
        en: "It is saved, but this device is not certain of today's date, and the day may not have \
             come yet: check it, and look again after the next sync.",
    },
    Caution {
        code: "day_of_last_year",
        zh: "已保存，但没有写年份的日期今年还没到，按去年的记了，如果不对请写上年份再填一次。",
        en: "It is saved, but the day was typed without its year and has not come yet this year, so last \
             year's is kept: enter it again with its year if that is wrong.",
    },
    Caution {
        code: "kept_as_other",
        zh: "已保存，但记作“其他”，原来的称呼没有留下，要用请填在记录里。",
        en: "It is saved, but as other: what was typed is kept nowhere, so enter it as a note if it matters.",
    },
    Caution {
        code: "second_head",
        zh: "已保存，但这一户现在不止一个户主，请核对各人与户主的关系。",
        en: "It is saved, but the household now has more than one head: check the relations.",
    },
    Caution {
        code: "id_number_known",
        zh: "已保存，但这个身份证号已经登记过，请核对是不是同一个人重复登记，或者号码填错。",
        en: "It is saved, but this ID number stands at somebody already: check whether one person was \
             entered twice, or a number is wrong.",
    },
    Caution {
        code: "person_known",
        zh: "已保存，但同名同出生日期的人已经登记过，请核对是不是同一个人重复登记。",
        en: "It is saved, but somebody of this name and date of birth stands there already: check \
             whether one person was entered twice.",
    },
    Caution {
        code: "address_known",
        zh: "已保存，但这个地址已经登记过一户，请核对是不是同一户重复登记。",
        en: "It is saved, but a household stands at this address already: check whether one was entered \
             twice.",
    },
];

/// What is known of the code of a warning, if it is one of this version.
pub fn caution(code: &str) -> Option<&'static Caution> {
    CAUTIONS.iter().find(|caution| caution.code == code)
}
