//! What Kotlin and Swift call, called from here: an app with a vault of its own, beside a real server.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use keting::input::Field;
use keting::verbs::{NewHousehold, NewVisit};
use keting::views::Sort;
use keting::words::Language;
use keting::{ErrorKind, Phase};
use keting_ffi::views::{HouseholdPage, HouseholdsAsked};
use keting_ffi::{
    Answer, CityNow, Core, Failure, KetingError, KeyVault, Live, Query, VaultFailure,
};
use keting_scenarios::app::wait;
use keting_scenarios::city::{City, MICRO_GRID, UNIT};

const SYNC_WITHIN_MS: u32 = 30_000;

/// A phone's own keys, which may say no.
#[derive(Default)]
struct Keys {
    secrets: Mutex<BTreeMap<String, Vec<u8>>>,
    says_no: Mutex<Option<VaultFailure>>,
}

impl Keys {
    fn asked(&self) -> Result<std::sync::MutexGuard<'_, BTreeMap<String, Vec<u8>>>, VaultFailure> {
        match *self.says_no.lock().unwrap() {
            Some(failure) => Err(failure),
            None => Ok(self.secrets.lock().unwrap()),
        }
    }
}

#[async_trait::async_trait]
impl KeyVault for Keys {
    async fn load(&self, name: String) -> Result<Option<Vec<u8>>, VaultFailure> {
        Ok(self.asked()?.get(&name).cloned())
    }

    async fn store(&self, name: String, secret: Vec<u8>) -> Result<(), VaultFailure> {
        self.asked()?.insert(name, secret);
        Ok(())
    }

    async fn remove(&self, name: String) -> Result<(), VaultFailure> {
        self.asked()?.remove(&name);
        Ok(())
    }
}

/// An app on one phone.
struct Phone {
    folder: String,
    keys: Arc<Keys>,
    core: Arc<Core>,
}

impl Phone {
    fn joined(city: &City, called: &str) -> Self {
        let folder = city.directory().join(called).display().to_string();
        let keys = Arc::new(Keys::default());
        let invitation = city.invite("陆德祥", "micro_grid_head", MICRO_GRID).to_text();
        let core = wait(Core::join(folder.clone(), keys.clone(), invitation)).unwrap();
        let phone = Self { folder, keys, core };
        phone.sync();
        phone
    }

    fn sync(&self) {
        wait(self.core.sync_once(SYNC_WITHIN_MS).unwrap().finish()).unwrap();
    }

    fn add_household(&self, address: &str) -> keting::HouseholdId {
        let Answer::Regions { regions } = wait(self.core.ask(Query::Regions)).unwrap() else {
            panic!("regions were asked for")
        };
        let unit = regions.into_iter().find(|region| region.code == UNIT).unwrap();
        let household = NewHousehold::at(unit.id, address);
        wait(self.core.add_household(household, None)).unwrap().id
    }

    fn live_list(&self) -> Arc<Live> {
        let asked = HouseholdsAsked {
            region: None,
            text: None,
            tags: Vec::new(),
            only: None,
            sort: Sort::Address,
            limit: 50,
            after: None,
        };
        self.core.live(Query::Households { asked }).unwrap()
    }
}

fn page(live: &Live) -> HouseholdPage {
    match wait(live.next()).unwrap() {
        Some(Answer::Households { page }) => page,
        other => panic!("households were asked for: {other:?}"),
    }
}

fn failure<T>(result: Result<T, KetingError>) -> Failure {
    match result {
        Ok(_) => panic!("it went well"),
        Err(KetingError::Failed { failure }) => failure,
    }
}

#[test]
fn an_app_joins_saves_watches_and_syncs_through_what_the_libraries_call() {
    let city = City::start();
    let [alice, bob] = ["alice", "bob"].map(|called| Phone::joined(&city, called));
    let list = bob.live_list();
    assert_eq!(page(&list).total, 0);

    let household = alice.add_household("望潮苑1幢1单元101室");
    let visit = NewVisit { purpose: Some("日常走访".to_owned()), ..NewVisit::default() };
    let saved = wait(alice.core.add_visit(household, visit.clone(), None)).unwrap();
    let again = NewVisit { id: Some(saved.id), ..visit };
    let again = wait(alice.core.add_visit(household, again, None)).unwrap();
    assert!(saved.is_written && !again.is_written && again.id == saved.id);
    alice.sync();
    bob.sync();

    let [row] = page(&list).rows.try_into().unwrap();
    assert_eq!((row.id, row.address.as_str()), (household, "望潮苑1幢1单元101室"));
    let asked = Query::Household { household, with_withdrawn: false };
    let Answer::Household { household: Some(shown) } = wait(bob.core.ask(asked)).unwrap() else {
        panic!("it is here")
    };
    let visit = shown.visits.unwrap().remove(0);
    assert_eq!((visit.id, visit.entered.by.as_deref()), (saved.id, Some("陆德祥")));
    list.cancel().unwrap();
    assert_eq!(wait(list.next()).unwrap(), None);
    wait(bob.core.shutdown()).unwrap();
    assert_eq!(failure(wait(bob.core.ask(Query::Regions))).code, "closed");
}

#[test]
fn a_vault_that_is_locked_or_gone_is_a_typed_error_and_no_new_key_takes_its_place() {
    let city = City::start();
    let phone = Phone::joined(&city, "phone");
    phone.add_household("望潮苑1幢1单元101室");
    wait(phone.core.shutdown()).unwrap();
    let before = phone.keys.secrets.lock().unwrap().clone();
    let open = || wait(Core::open(phone.folder.clone(), phone.keys.clone()));
    for (says, code, retryable) in [
        (VaultFailure::Locked, "vault_unavailable", true),
        (VaultFailure::Unavailable { code: -25308 }, "vault_unavailable", true),
        (VaultFailure::Gone, "vault_secret_missing", false),
    ] {
        *phone.keys.says_no.lock().unwrap() = Some(says);
        let failed = failure(open());
        assert_eq!((failed.code.as_str(), failed.retryable), (code, retryable));
        assert_eq!(failed.kind, ErrorKind::File);
    }
    *phone.keys.says_no.lock().unwrap() = None;
    assert_eq!(*phone.keys.secrets.lock().unwrap(), before);
    let core = open().unwrap();
    let Answer::Sync { status } = wait(core.ask(Query::Sync)).unwrap() else { panic!() };
    assert_eq!(status.waiting, 1);
    assert!(matches!(status.phase, Phase::Offline { .. }), "{:?}", status.phase);
}

#[test]
fn a_form_is_checked_and_labelled_without_a_replica() {
    let now = CityNow { ms: 1_795_000_000_000, is_uncertain: false };
    let check = |field, typed: &str, now| keting_ffi::check(field, typed.to_owned(), now).unwrap();
    let checked = check(Field::Phone, "138 0000-0001", now);
    assert_eq!((checked.value.as_str(), checked.problem), ("13800000001", None));
    let begun = check(Field::Phone, "1380", now);
    assert!(begun.problem.unwrap().is_unfinished);
    assert!(check(Field::VisitAt, "12-31", now).is_of_last_year);
    let to_come = "2026-12-31";
    assert_eq!(check(Field::VisitAt, to_come, now).problem.unwrap().code, "in_the_future");
    let uncertain = CityNow { is_uncertain: true, ..now };
    assert!(check(Field::VisitAt, to_come, uncertain).is_uncertain_day);
    let words = keting_ffi::field_words(Language::Zh).unwrap();
    let tenure = words.iter().find(|words| words.field == Field::Tenure).unwrap();
    assert!(tenure.choices.iter().any(|one| one.code == "rented" && one.label == "租住"));
    let sentences = keting_ffi::sentences(Language::Zh).unwrap();
    assert!(sentences.iter().any(|one| one.code == "closed"));
    assert_eq!(keting_ffi::version().unwrap(), env!("CARGO_PKG_VERSION"));
}
