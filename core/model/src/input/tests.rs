use super::*;

/// 2026-11-26, noon.
const NOW: CityTime = CityTime::new(1_795_665_600_000);

fn value(field: Field, typed: &str) -> String {
    check(field, typed, NOW).unwrap().value
}

fn rule(field: Field, typed: &str) -> InvalidValue {
    check(field, typed, NOW).unwrap_err().rule
}

#[test]
fn a_name_has_one_form_whatever_nobody_sees_in_it() {
    for typed in
        ["张三", "张\u{200b}三", "\u{feff}张三", "张\u{a0}三", "张　三", " 张 三\n", "张\u{fe00}三"]
    {
        assert_eq!(value(Field::Name, typed), "张三", "{typed:?}");
    }
    for dot in ['·', '・', '•', '．', '‧', '∙', '⋅', '･'] {
        assert_eq!(value(Field::Name, &format!("买买提{dot}阿卜杜拉")), "买买提·阿卜杜拉", "{dot}");
        assert_eq!(
            value(Field::Name, &format!("买买提 {dot} 阿卜杜拉")),
            "买买提·阿卜杜拉",
            "{dot}"
        );
    }
    assert_eq!(value(Field::Name, "买买提.阿卜杜拉"), "买买提·阿卜杜拉");
    assert_eq!(value(Field::Name, "Ｊｏｈｎ  Q. Smith"), "John Q. Smith");
    assert_eq!(value(Field::Name, "Jose\u{301}"), "José");
}

#[test]
fn a_text_has_one_sort_of_line_end_and_of_blank() {
    assert_eq!(
        value(Field::VisitNote, "一切\t安好\r\n下周\r再来\u{2028}。\n"),
        "一切 安好\n下周\n再来\n。"
    );
    assert_eq!(value(Field::VisitPurpose, "  日常\r\n走访\t "), "日常 走访");
    assert_eq!(value(Field::Address, "望潮小区３幢１单元２０１室"), "望潮小区3幢1单元201室");
    for typed in ["望潮苑 1幢", "望潮苑1幢", "望潮苑\u{3000}１ 幢", "望 潮 苑 1幢"]
    {
        assert_eq!(value(Field::Address, typed), "望潮苑1幢", "{typed:?}");
    }
    assert_eq!(value(Field::Address, "Garden  Court 3 2-501"), "Garden Court 3 2-501");
    assert_eq!(value(Field::VisitNote, "好，明天：见👨\u{200d}👩"), "好，明天：见👨\u{200d}👩");
    assert_eq!(rule(Field::VisitPurpose, "a\u{7}b"), InvalidValue::BadCharacters);
}

#[test]
fn a_word_is_meant_by_its_label_too() {
    assert_eq!(value(Field::Relation, " 户主 "), "head");
    assert_eq!(value(Field::CareTag, "独居老人"), "living_alone");
    assert_eq!(value(Field::CareTag, "Living alone"), "living_alone");
    assert_eq!(value(Field::RegionLevel, "微网格"), "micro_grid");
    assert_eq!(value(Field::RegionLevel, "镇（街道）"), "town");
    assert_eq!(value(Field::CareTag, "lives alone"), "living_alone");
    let refused = check(Field::CareTag, "孤寡", NOW).unwrap_err();
    assert_eq!(refused.rule, InvalidValue::UnknownWord { allowed: crate::words::CARE_TAGS });
    assert_eq!(refused.allowed, Takes::Words(crate::words::CARE_TAGS));
}

#[test]
fn a_word_is_meant_by_what_people_say_for_it() {
    for (field, said, word) in [
        (Field::Relation, "妻子", "spouse"),
        (Field::Relation, "丈夫", "spouse"),
        (Field::Relation, " 老婆 ", "spouse"),
        (Field::Relation, "儿子", "child"),
        (Field::Relation, "长子", "child"),
        (Field::Relation, "女", "child"),
        (Field::Relation, "儿媳", "child"),
        (Field::Relation, "爸爸", "parent"),
        (Field::Relation, "父亲", "parent"),
        (Field::Relation, "岳母", "parent"),
        (Field::Relation, "外孙女", "grandchild"),
        (Field::Relation, "弟媳", "sibling"),
        (Field::Relation, "租户", "tenant"),
        (Field::Relation, "奶奶", "other"),
        (Field::Relation, "Wife", "spouse"),
        (Field::CareTag, "独居", "living_alone"),
        (Field::CareTag, "低保户", "low_income"),
        (Field::CareTag, "残疾人", "disabled"),
        (Field::CareTag, "留守儿童", "left_behind"),
        (Field::Status, "去世", "deceased"),
        (Field::Status, "搬走了", "moved_out"),
        (Field::Status, "在外打工", "away"),
        (Field::NeedStatus, "办结", "met"),
        (Field::Sex, "男性", "male"),
        (Field::Sex, "女", "female"),
        (Field::Bond, "人户一致", "both"),
        (Field::RegionLevel, "社区", "village"),
    ] {
        assert_eq!(value(field, said), word, "{said}");
    }
    for ambiguous in ["媳妇", "家属", "大伯"] {
        let refused = check(Field::Relation, ambiguous, NOW).unwrap_err();
        assert_eq!(refused.rule.code(), "unknown_word", "{ambiguous}");
    }
}

#[test]
fn what_people_say_means_one_word_of_a_field() {
    for field in Field::ALL {
        let Takes::Words(words) = field.takes() else { continue };
        for word in words {
            let label = crate::words::label(word).unwrap();
            let names = [*word, label.zh, label.en].into_iter();
            for name in names.chain(crate::words::said_for(word)) {
                assert_eq!(value(*field, name), *word, "{name}");
            }
        }
    }
}

#[test]
fn a_day_lies_between_1850_and_the_citys_today() {
    assert_eq!(value(Field::BirthDate, "2026年11月26日"), "2026-11-26");
    assert_eq!(value(Field::BirthDate, "1850-1-1"), "1850-01-01");
    for field in [Field::BirthDate, Field::VisitAt, Field::StatusAt] {
        assert_eq!(rule(field, "2026-11-27"), InvalidValue::InTheFuture);
        assert_eq!(rule(field, "2062-05-05"), InvalidValue::InTheFuture);
        assert_eq!(rule(field, "3026-05-05"), InvalidValue::InTheFuture);
        assert_eq!(rule(field, "1849-12-31"), InvalidValue::TooEarly);
        assert_eq!(rule(field, "1962-02-30"), InvalidValue::NotADate);
    }
    let digits = "99048120620505002";
    let unborn = format!("{digits}{}", check_digit(digits).unwrap());
    assert_eq!(rule(Field::IdNumber, &unborn), InvalidValue::InTheFuture);
}

#[test]
fn a_day_may_be_said_as_people_say_it_and_a_date_of_birth_with_its_year_only() {
    for field in [Field::VisitAt, Field::StatusAt] {
        assert_eq!(value(field, "昨天"), "2026-11-25");
        assert_eq!(value(field, "11月20日"), "2026-11-20");
        assert_eq!(value(field, "12-20"), "2025-12-20");
        assert_eq!(rule(field, "13-20"), InvalidValue::NotADate);
        let of_last_year = |typed| check(field, typed, NOW).unwrap().is_of_last_year;
        assert!(of_last_year("12月1日") && of_last_year("11-27"));
        assert!(!of_last_year("11-26") && !of_last_year("2025-11-27"));
    }
    for typed in ["昨天", "11月20日", "11-20"] {
        assert_eq!(rule(Field::BirthDate, typed), InvalidValue::NotADate);
    }
}

#[test]
fn what_people_call_a_day_to_come_is_in_the_future_however_uncertain_the_time_is() {
    for field in [Field::BirthDate, Field::VisitAt, Field::StatusAt] {
        for typed in ["明天", "后天", "大后天", "Tomorrow"] {
            assert_eq!(rule(field, typed), InvalidValue::InTheFuture, "{typed}");
            let refused = check(field, typed, NOW.uncertain()).unwrap_err();
            assert_eq!(refused.rule, InvalidValue::InTheFuture, "{typed}");
        }
    }
}

#[test]
fn under_an_uncertain_time_a_day_is_marked_and_taken_up_to_400_days_on() {
    let checked = check(Field::VisitAt, "2027-03-01", NOW.uncertain()).unwrap();
    assert!(checked.is_uncertain_day);
    let refused = check(Field::VisitAt, "2028-03-01", NOW.uncertain()).unwrap_err();
    assert_eq!(refused.rule, InvalidValue::InTheFuture);
}

#[test]
fn an_identity_number_tells_birth_and_sex() {
    let checked = check(Field::IdNumber, "110105 19491231 002x", NOW).unwrap();
    assert_eq!(checked.value, "11010519491231002X");
    let told = [(Field::BirthDate, "1949-12-31".to_owned()), (Field::Sex, "female".to_owned())];
    assert_eq!(checked.fills, told);
    assert_eq!(rule(Field::IdNumber, "110105 491231 002"), InvalidValue::OldIdNumber);
    assert_eq!(rule(Field::IdNumber, "110105194912310021"), InvalidValue::NotAnIdNumber);
}

#[test]
fn what_may_become_right_is_told_from_what_cannot() {
    for (field, typed) in [
        (Field::Phone, "1380"),
        (Field::IdNumber, "110105 1949"),
        (Field::BirthDate, "1962-0"),
        (Field::VisitAt, "昨"),
        (Field::VisitAt, "2026年1"),
        (Field::Sex, "fem"),
        (Field::Relation, "大儿"),
        (Field::Name, "12345"),
        (Field::CareTag, "独"),
        (Field::Name, ""),
    ] {
        assert!(check(field, typed, NOW).unwrap_err().is_unfinished, "{field:?}");
    }
    for (field, typed) in [
        (Field::Phone, "138000000001"),
        (Field::IdNumber, "1101051949123100x2"),
        (Field::BirthDate, "1962-13-01"),
        (Field::Sex, "m/f"),
    ] {
        assert!(!check(field, typed, NOW).unwrap_err().is_unfinished, "{field:?}");
    }
}

#[test]
fn a_refusal_says_nothing_of_what_was_typed() {
    for field in Field::ALL {
        let Err(refused) = check(*field, "19491231\u{7}\u{7}", NOW) else { continue };
        assert!(!format!("{refused} {refused:?}").contains("1949"), "{field:?}");
    }
}

#[test]
fn whoever_asks_while_somebody_types_is_told_what_is_kept_as_other() {
    let kept = |typed: &str| {
        let checked = check(Field::Relation, typed, NOW).unwrap();
        (checked.value, checked.is_kept_as_other)
    };
    assert_eq!(kept("侄子"), ("other".to_owned(), true));
    assert_eq!(kept("其他"), ("other".to_owned(), false));
    assert_eq!(kept("子女"), ("child".to_owned(), false));
}
