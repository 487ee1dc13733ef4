//! Regions: where one may lie, and whose part of the data it is.

use std::collections::BTreeSet;

use keting_model::region::RegionCommand;
use keting_model::{Command, CommandError, Document, Family, Fields, RuleError};

use crate::common::{Replica, add_region, region_id};
use crate::{TIME, id_value, judged, put};

#[test]
fn a_region_lies_in_a_region_of_a_higher_level_and_continues_its_code() {
    let mut alice = Replica::new(1);
    alice.run(&add_region(1, None, "town")).unwrap();
    for beside_or_above in [add_region(2, Some(1), "town"), add_region(2, None, "grid")] {
        assert_eq!(alice.plan(&beside_or_above), Err(CommandError::WrongParent));
    }
    assert_eq!(CommandError::WrongParent.code(), RuleError::WrongParent.code());
    let nowhere = add_region(2, Some(7), "grid");
    assert_eq!(alice.plan(&nowhere), Err(CommandError::NotFound { what: "the parent region" }));
    let again = add_region(1, None, "town");
    assert_eq!(alice.plan(&again), Err(CommandError::AlreadyExists { what: "the region" }));
    let Command::Region(RegionCommand::Add { region, parent, fields }) =
        add_region(2, Some(1), "grid")
    else {
        panic!("not a region")
    };
    for elsewhere in ["99048100202", "9904810010", "990481001002"] {
        let fields = fields.clone().with("code", elsewhere);
        let squatting = Command::Region(RegionCommand::Add { region, parent, fields });
        assert_eq!(alice.plan(&squatting), Err(CommandError::WrongCode), "{elsewhere}");
    }
    assert!(alice.plan(&add_region(2, Some(1), "grid")).is_ok());
    let fields = Fields::new().with("code", "990481999");
    let recode = Command::Region(RegionCommand::Edit { region: region_id(1), fields });
    assert_eq!(alice.plan(&recode).unwrap_err().code(), "unknown_field");
    let orphan = [put("code", "990481001"), put("name", "x"), put("level", "grid")];
    let verdict = judged("region.add", &Document::empty(region_id(3)), &orphan);
    assert_eq!(verdict, Err(RuleError::WrongParent));
}

#[test]
fn the_city_and_its_towns_are_another_part_of_the_data_than_the_regions_below() {
    for (level, family) in [
        ("city", Family::City),
        ("town", Family::City),
        ("village", Family::Region),
        ("unit", Family::Region),
    ] {
        let mut ops = vec![put("code", "990481001"), put("name", "x"), put("level", level)];
        if family == Family::Region {
            ops.push(put("parent", id_value(&region_id(9))));
        }
        let mut region = Document::empty(region_id(3));
        let families = Ok(BTreeSet::from([family]));
        assert_eq!(judged("region.add", &region, &ops), families, "{level}");
        let stamp = keting_model::Stamp {
            actor: keting_model::ActorId::new([1; 10]),
            time: keting_model::HybridTime::new(1, 0),
            city: TIME,
            command: keting_model::CommandId::new([1; 8]),
        };
        region.author(&stamp, &ops).unwrap();
        assert_eq!(judged("region.edit", &region, &[put("name", "y")]), families, "{level}");
    }
}
