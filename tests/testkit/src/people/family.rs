//! Who lives together: the usual compositions of a household, with plausible ages.

use super::Person;
use super::draw::{below, between, percent};
use super::identity::{Registry, Sex, name, surname};
use crate::rng::Rng;

/// Ages are those at the end of this year; nobody is born after it.
const AGES_IN_YEAR: u32 = 2025;

/// Makes the people of one household, its head first.
pub(super) fn make_family(rng: &mut Rng, registry: &mut Registry) -> Vec<Person> {
    let members = compose(rng);
    let hardship = percent(rng, 5);
    let honour = percent(rng, 5);
    let alone = members.len() == 1;
    members
        .into_iter()
        .map(|member| {
            let mut care_tags = Vec::new();
            if member.age >= 16 && percent(rng, 4) {
                care_tags.push("disabled");
            }
            if alone && member.age >= 60 {
                care_tags.push("living_alone");
            }
            if hardship && member.relation == "head" {
                care_tags.push("low_income");
            }
            if honour && member.relation == "head" {
                care_tags.push("veteran_family");
            }
            let birth_year = AGES_IN_YEAR - member.age;
            let birth = (birth_year, between(rng, 1, 12), between(rng, 1, 28));
            Person {
                name: name(rng, member.surname, member.sex, birth_year),
                relation: member.relation,
                id_number: registry.id_number(birth, member.sex),
                phone: if has_phone(rng, member.age) { registry.phone() } else { String::new() },
                care_tags,
            }
        })
        .collect()
}

struct Member {
    relation: &'static str,
    surname: char,
    sex: Sex,
    age: u32,
}

fn has_phone(rng: &mut Rng, age: u32) -> bool {
    match age {
        0..8 => false,
        8..14 => percent(rng, 25), // a watch that telephones
        14..78 => true,
        _ => percent(rng, 70),
    }
}

fn compose(rng: &mut Rng) -> Vec<Member> {
    match below(rng, 100) {
        0..36 => couple_with_children(rng),
        36..50 => three_generations(rng),
        50..60 => couple_with_a_parent(rng),
        60..73 => couple(rng, 62, 84),
        73..82 => single(rng, 66, 90),
        82..88 => couple(rng, 24, 40),
        88..93 => single(rng, 22, 35),
        _ => shared_flat(rng),
    }
}

fn single(rng: &mut Rng, age_low: u32, age_high: u32) -> Vec<Member> {
    let sex = any_sex(rng);
    vec![Member {
        relation: "head",
        surname: surname(rng),
        sex,
        age: between(rng, age_low, age_high),
    }]
}

/// The head and the spouse; four in five heads are men.
fn couple(rng: &mut Rng, age_low: u32, age_high: u32) -> Vec<Member> {
    let sex = if percent(rng, 80) { Sex::Male } else { Sex::Female };
    let age = between(rng, age_low, age_high);
    let head = Member { relation: "head", surname: surname(rng), sex, age };
    let age = between(rng, age.saturating_sub(4).max(20), age + 3);
    let spouse = Member { relation: "spouse", surname: surname(rng), sex: sex.other(), age };
    vec![head, spouse]
}

fn couple_with_children(rng: &mut Rng) -> Vec<Member> {
    let mut members = couple(rng, 27, 48);
    let eldest = below(rng, youngest_of(&members) - 23);
    let father = father_of(&members);
    members.push(child(rng, father, eldest));
    if eldest >= 3 && percent(rng, 40) {
        let age = below(rng, eldest - 1);
        members.push(child(rng, father, age));
    }
    members
}

fn couple_with_a_parent(rng: &mut Rng) -> Vec<Member> {
    let mut members = couple_with_children(rng);
    members.truncate(3);
    let (head_surname, head_age) = members.first().map_or((' ', 0), |m| (m.surname, m.age));
    let sex = any_sex(rng);
    let surname = if sex == Sex::Male { head_surname } else { surname(rng) };
    let age = head_age + between(rng, 22, 32);
    members.push(Member { relation: "parent", surname, sex, age });
    members
}

fn three_generations(rng: &mut Rng) -> Vec<Member> {
    let mut members = couple(rng, 56, 72);
    let age = youngest_of(&members) - between(rng, 23, 28);
    let son = child(rng, father_of(&members), age);
    let family = if son.sex == Sex::Male { son.surname } else { surname(rng) };
    let in_law = Member { relation: "other", surname: family, sex: son.sex.other(), age };
    let in_law =
        if in_law.sex == Sex::Female { Member { surname: surname(rng), ..in_law } } else { in_law };
    members.extend([son, in_law]);
    let age = below(rng, age.saturating_sub(23).max(1));
    members.push(Member { relation: "grandchild", surname: family, sex: any_sex(rng), age });
    members
}

fn shared_flat(rng: &mut Rng) -> Vec<Member> {
    let mut members = single(rng, 22, 45);
    for _ in 0..between(rng, 1, 2) {
        let (surname, sex, age) = (surname(rng), any_sex(rng), between(rng, 20, 45));
        members.push(Member { relation: "tenant", surname, sex, age });
    }
    members
}

fn child(rng: &mut Rng, surname: char, age: u32) -> Member {
    Member { relation: "child", surname, sex: any_sex(rng), age }
}

fn any_sex(rng: &mut Rng) -> Sex {
    if percent(rng, 50) { Sex::Male } else { Sex::Female }
}

/// The father's surname, which children bear.
fn father_of(couple: &[Member]) -> char {
    couple.iter().find(|member| member.sex == Sex::Male).map_or(' ', |member| member.surname)
}

fn youngest_of(members: &[Member]) -> u32 {
    members.iter().map(|member| member.age).min().unwrap_or(0)
}
