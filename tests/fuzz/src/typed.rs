//! What people type and paste into forms.

use keting_model::CityTime;
use keting_model::input::{Checked, Field, check};

/// 2026-11-26, noon.
const NOW: CityTime = CityTime::new(1_795_665_600_000);

/// A text for one of the fields, which the first byte picks.
pub fn field(bytes: &[u8]) -> bool {
    let Some((picked, typed)) = bytes.split_first() else { return false };
    let field = Field::ALL[usize::from(*picked) % Field::ALL.len()];
    let Ok(typed) = std::str::from_utf8(typed) else { return false };
    let Ok(checked) = check(field, typed, NOW) else { return false };
    let again = check(field, &checked.value, NOW);
    // In its one form a day has its year.
    let one_form = Checked { is_of_last_year: false, ..checked };
    assert_eq!(again, Ok(one_form), "a value has one form");
    true
}

/// Something for each field that it takes.
pub fn seeds() -> Vec<Vec<u8>> {
    let texts = [
        "望潮小区３幢\t1单元",
        "户主",
        "+86 138-1234-5678",
        "(0573)87651234转802",
        "661234",
        "独居老人",
        "110105 19491231 002x",
        "1962年5月5日",
        "昨天",
        "11月20日",
        "12月1日",
        "met",
        "自有",
        "微网格",
        "男",
        "常住",
        "已故",
        "990481001",
        "买买提 ・ 阿卜杜拉\u{200b}",
        "一切安好\r\n下周再来",
    ];
    let seed = |picked: usize, text: &str| {
        let mut seed = vec![u8::try_from(picked).unwrap_or_default()];
        seed.extend_from_slice(text.as_bytes());
        seed
    };
    (0..Field::ALL.len()).flat_map(|picked| texts.map(|text| seed(picked, text))).collect()
}
