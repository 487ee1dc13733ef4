//! Who may read what, and that nobody holds what he may not read.

use keting::parts::replica_of;
use keting_model::region::RegionCommand;
use keting_model::{Command, DocumentKind, Fields};
use keting_scenarios::city::{City, MICRO_GRID, UNIT, VILLAGE};

/// The city of the fixtures.
const CITY: &str = "990481";
const ID_NUMBER: &str = "990481199001011237";

#[test]
fn a_steward_sees_no_id_number_and_has_none_in_his_file() {
    let id_number = valid_id_number();
    let city = City::start();
    let head = city.phone("陆德祥", "micro_grid_head", MICRO_GRID);
    let household = head.add_household(UNIT, "望潮苑1幢1单元101室", "李一");
    let fields = Fields::new().with("name", "李二").with("id_number", id_number.as_str());
    let resident = head.add_resident(household, fields);
    head.sync();

    let steward = city.phone("梁志杰", "steward", UNIT);
    let shown = steward.household(household);
    assert!(shown.withheld.contains(&"id_number"));
    assert!(shown.residents.iter().any(|known| known.id == resident));
    assert!(shown.residents.iter().all(|resident| resident.id_number.is_none()));

    let report = replica_of(&steward.keting).verify(&mut |_, _| {}).unwrap();
    let private = DocumentKind::HouseholdPrivate;
    assert!(report.documents.keys().all(|id| id.kind() != Some(private)));
    assert!(report.documents.contains_key(&household));

    let page = steward.keting.household(&household).unwrap().unwrap();
    assert!(page.household.withheld.contains(&"id_number"));
    let residents = page.household.residents;
    assert!(residents.iter().all(|detail| detail.resident.id_number.is_none()));

    let own = head.household(household);
    assert!(own.withheld.is_empty());
    assert!(own.residents.iter().any(|known| known.id_number.as_ref() == Some(&id_number)));
}

#[test]
fn an_administrator_adds_a_town_and_no_village_and_sees_no_household() {
    let city = City::start();
    let head = city.phone("陆德祥", "micro_grid_head", MICRO_GRID);
    head.add_household(MICRO_GRID, "望潮苑1幢1单元101室", "李一");
    head.sync();
    let administrator = city.phone("马萍", "administrator", CITY);
    let add = |code: &str, level: &str, parent: &str| {
        let fields = Fields::new().with("code", code).with("name", "新").with("level", level);
        administrator.keting.execute(&Command::Region(RegionCommand::Add {
            region: administrator.keting.new_document(DocumentKind::Region),
            parent: Some(administrator.region(parent)),
            fields,
        }))
    };
    add("990481002", "town", CITY).unwrap();
    assert_eq!(add("990481002001", "village", "990481002").unwrap_err().code(), "not_granted");
    administrator.sync();
    let status = administrator.keting.status().unwrap();
    assert_eq!((status.waiting, status.held), (0, 0));
    assert_eq!(administrator.households(), []);
    administrator.assert_verified();
}

#[test]
fn a_village_officer_adds_a_grid_to_his_village_and_does_not_rename_the_village() {
    let city = City::start();
    let officer = city.phone("马萍", "village_officer", VILLAGE);
    let fields =
        Fields::new().with("code", "99048100100109").with("name", "第九网格").with("level", "grid");
    let grid = officer.keting.new_document(DocumentKind::Region);
    let parent = Some(officer.region(VILLAGE));
    let add = RegionCommand::Add { region: grid, parent, fields };
    officer.keting.execute(&Command::Region(add)).unwrap();
    let rename = |region| {
        let fields = Fields::new().with("name", "新名");
        officer.keting.execute(&Command::Region(RegionCommand::Edit { region, fields }))
    };
    rename(grid).unwrap();
    assert_eq!(rename(officer.region(VILLAGE)).unwrap_err().code(), "not_granted");
    officer.sync();
    let status = officer.keting.status().unwrap();
    assert_eq!((status.waiting, status.held), (0, 0), "the server judges as the phone does");
}

#[test]
fn what_a_role_may_not_write_is_refused_at_once_and_nothing_waits_for_the_server() {
    let city = City::start();
    let head = city.phone("陆德祥", "micro_grid_head", MICRO_GRID);
    let household = head.add_household(UNIT, "望潮苑1幢1单元101室", "李一");
    head.sync();
    let steward = city.phone("梁志杰", "steward", UNIT);
    let refused = steward.edit(household, Fields::new().with("tenure", "rented"));
    assert_eq!(refused.unwrap_err().code(), "not_granted");
    assert_eq!(steward.keting.status().unwrap().waiting, 0);
    steward.assert_verified();
}

fn valid_id_number() -> String {
    let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let body = &ID_NUMBER[..17];
    let sum: u32 = body.chars().zip(weights).map(|(c, w)| c.to_digit(10).unwrap() * w).sum();
    let check = ['1', '0', 'X', '9', '8', '7', '6', '5', '4', '3', '2'][(sum % 11) as usize];
    format!("{body}{check}")
}
