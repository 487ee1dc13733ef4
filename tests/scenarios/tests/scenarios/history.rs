//! Who changed a field, with their names and roles, on two phones and a server.

use keting::input::Field;
use keting::views::History;
use keting_model::{DocumentId, Fields};
use keting_scenarios::city::{City, MICRO_GRID, VILLAGE};

#[test]
fn a_history_names_who_changed_a_field_and_in_which_role_before_and_after_a_sync() {
    let city = City::start();
    let alice = city.phone("陆德祥", "micro_grid_head", MICRO_GRID);
    let household = alice.add_household(MICRO_GRID, "望潮苑1幢1单元101室", "李一");
    let resident = alice.household(household).residents[0].id;
    alice.edit_resident(household, resident, Fields::new().with("phone", "13800000001"));
    let asked = History { household, resident: None, field: Some(Field::Phone) };
    let told = |phone: &keting_scenarios::phone::Phone| -> Vec<_> {
        let entries = phone.keting.history(&asked).unwrap().unwrap().into_iter();
        let line = entries.map(|one| {
            (one.from.join("/"), one.to.unwrap(), one.entered.by.unwrap(), one.role.unwrap())
        });
        line.collect()
    };
    let entry = |from: &str, to: &str, by: &str, role: &str| {
        (from.to_owned(), to.to_owned(), by.to_owned(), role.to_owned())
    };
    let hers = entry("", "13800000001", "陆德祥", "micro_grid_head");
    assert_eq!(told(&alice), std::slice::from_ref(&hers));

    alice.sync();
    let bob = city.phone("王磊", "village_officer", VILLAGE);
    bob.sync();
    bob.edit_resident(household, resident, Fields::new().with("phone", "13900000002"));
    bob.sync();
    alice.sync();
    let his = entry("13800000001", "13900000002", "王磊", "village_officer");
    assert_eq!(told(&alice), [his.clone(), hers.clone()]);
    assert_eq!(told(&bob), [his, hers]);
    let nowhere = DocumentId::new([0; 16]);
    let asked = History { household: nowhere, resident: None, field: None };
    assert_eq!(alice.keting.history(&asked).unwrap(), None);
}
