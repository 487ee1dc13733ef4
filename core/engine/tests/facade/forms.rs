//! Forms on a device that no city knows yet: drafts, and the order of edits.

use keting::verbs::{Draft, NewHousehold};
use keting::{Answer, Keting, Query};

use crate::device::{Place, wait};
use crate::working::held_up;

const KEY: &str = "household/new";

fn keep(keting: &Keting, typed: &str) -> keting::Answered<()> {
    keting.keep_draft(KEY.to_owned(), None, "household".to_owned(), typed.into())
}

fn drafts(answer: Answer) -> Vec<Draft> {
    let Answer::Drafts(drafts) = answer else { panic!("not what was asked: {answer:?}") };
    drafts
}

#[test]
fn a_draft_that_is_kept_or_discarded_is_in_a_live_list_at_once_and_outlives_the_app() {
    let place = Place::new();
    let keting = place.join();
    let live = keting.live(Query::Drafts);
    assert_eq!(drafts(wait(live.next()).unwrap().unwrap()), []);
    wait(keep(&keting, "望潮苑")).unwrap();
    let listed = drafts(wait(live.next()).unwrap().unwrap());
    assert_eq!(listed.iter().map(|one| one.key.as_str()).collect::<Vec<_>>(), [KEY]);
    wait(keting.close()).unwrap();

    let keting = place.open().unwrap();
    let kept = wait(keting.draft(KEY.to_owned())).unwrap();
    assert_eq!(kept.as_deref(), Some("望潮苑".as_bytes()));
    wait(keting.discard_draft(KEY.to_owned())).unwrap();
    assert_eq!(wait(keting.draft(KEY.to_owned())).unwrap(), None);
    assert_eq!(wait(keting.drafts()).unwrap(), []);
}

#[test]
fn edits_are_posted_when_they_are_called_and_not_when_they_are_awaited() {
    let place = Place::new();
    let keting = place.join();
    let (begun, go_on, writing) = held_up(&keting);
    begun.recv().unwrap();
    let first = keep(&keting, "望潮苑1幢");
    let second = keep(&keting, "望潮苑1幢1单元");
    drop(go_on);
    wait(second).unwrap();
    wait(first).unwrap();
    wait(writing).unwrap();
    let kept = wait(keting.draft(KEY.to_owned())).unwrap();
    assert_eq!(kept.as_deref(), Some("望潮苑1幢1单元".as_bytes()));
}

#[test]
fn a_form_that_is_refused_leaves_its_draft_and_nothing_else() {
    let place = Place::new();
    let keting = place.join();
    wait(keep(&keting, "望潮苑")).unwrap();
    let form = NewHousehold::at(keting.new_region_id(), "望潮苑1幢1单元101室");
    let refused = wait(keting.add_household(form, Some(KEY.to_owned()))).unwrap_err();
    assert_eq!(refused.code(), "not_enrolled");
    assert!(wait(keting.draft(KEY.to_owned())).unwrap().is_some());
    assert_eq!(wait(keting.device()).unwrap().waiting, 0);
    wait(keting.close()).unwrap();
    let form = NewHousehold::at(keting.new_region_id(), "望潮苑1幢1单元101室");
    assert_eq!(wait(keting.add_household(form, None)).unwrap_err().code(), "closed");
}
