//! What screens show where several facts are current.

use crate::fact::{Fact, Said};
use crate::words;

/// What current facts say together, as far as the reader may read them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Told {
    /// The least final word among them; none where none may be read.
    pub(crate) status: Option<String>,
    /// The day, if those that say this word and name a day agree.
    pub(crate) at: Option<String>,
    /// All their reasons.
    pub(crate) reason: Option<String>,
    /// Whether they say different things, and somebody has to settle it.
    pub(crate) in_conflict: bool,
}

impl Told {
    /// Reads facts of which the words are given from the least final to the most.
    pub(crate) fn of(facts: &[Fact], words: &[&str]) -> Self {
        let said: Vec<&Said> = facts.iter().filter_map(|fact| fact.said.as_ref()).collect();
        let finality = |said: &&Said| words.iter().position(|word| *word == said.status);
        let Some(least) = said.iter().copied().min_by_key(finality) else { return Self::default() };
        let agreeing = || said.iter().filter(|one| one.status == least.status);
        let days = distinct(agreeing().filter_map(|one| one.at.as_deref()));
        let reasons = distinct(agreeing().filter_map(|one| one.reason.as_deref()));
        let differs = |(place, one): (usize, &&Said)| {
            said.iter().skip(place + 1).any(|other| differ(one, other))
        };
        Self {
            status: Some(least.status.clone()),
            at: if let [day] = days[..] { Some(day.to_owned()) } else { None },
            reason: (!reasons.is_empty()).then(|| reasons.join("；")),
            in_conflict: said.iter().enumerate().any(differs),
        }
    }
}

/// Whether two facts cannot both be so. Another reason for the same is none.
fn differ(one: &Said, other: &Said) -> bool {
    let days = one.at.as_ref().zip(other.at.as_ref());
    one.status != other.status || days.is_some_and(|(day, other)| day != other)
}

/// Whether somebody no longer lives there by all that is said of them.
pub(crate) fn is_gone(facts: &[Fact]) -> bool {
    let gone = |fact: &Fact| {
        fact.said.as_ref().is_some_and(|said| words::GONE.contains(&said.status.as_str()))
    };
    !facts.is_empty() && facts.iter().all(gone)
}

fn distinct<'a>(texts: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut texts: Vec<&str> = texts.collect();
    texts.sort_unstable();
    texts.dedup();
    texts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{ActorId, ItemId};

    fn told(facts: &[(&str, Option<&str>, Option<&str>)]) -> Told {
        Told::of(&current(facts), words::STATUSES)
    }

    fn current(facts: &[(&str, Option<&str>, Option<&str>)]) -> Vec<Fact> {
        let fact = |(status, at, reason): &(&str, Option<&str>, Option<&str>)| {
            let owned = |text: &Option<&str>| text.map(str::to_owned);
            let said = Said { status: (*status).into(), at: owned(at), reason: owned(reason) };
            let (id, actor) = (ItemId::new([1; 8]), ActorId::new([1; 10]));
            Fact { id, actor, time: 1, said: Some(said), hides_reason: false }
        };
        facts.iter().map(fact).collect()
    }

    #[test]
    fn the_least_final_word_is_shown_and_it_is_said_that_there_are_others() {
        let both = told(&[("deceased", None, Some("医院证明")), ("away", None, Some("去杭州"))]);
        assert_eq!((both.status.as_deref(), both.in_conflict), (Some("away"), true));
        assert_eq!(both.reason.as_deref(), Some("去杭州"));
    }

    #[test]
    fn who_says_the_same_for_another_reason_does_not_contradict() {
        let both =
            told(&[("deceased", None, Some("病")), ("deceased", Some("2026-05-01"), Some("老"))]);
        assert_eq!((both.in_conflict, both.at.as_deref()), (false, Some("2026-05-01")));
        assert_eq!(both.reason.as_deref(), Some("病；老"));
    }

    #[test]
    fn two_days_of_one_event_contradict() {
        let both = told(&[("away", Some("2026-05-01"), None), ("away", Some("2026-05-02"), None)]);
        assert_eq!((both.in_conflict, both.at), (true, None));
    }

    #[test]
    fn who_has_gone_by_all_that_is_said_is_gone_also_where_it_is_not_said_alike() {
        assert!(is_gone(&current(&[("moved_out", None, None), ("deceased", None, None)])));
        assert!(!is_gone(&current(&[("living", None, None), ("deceased", None, None)])));
        let mut withheld = current(&[("deceased", None, None), ("deceased", None, None)]);
        withheld[0].said = None;
        assert!(!is_gone(&withheld) && !is_gone(&[]));
    }
}
