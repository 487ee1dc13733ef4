//! The operator's table of regions.

use keting_server::init::regions_csv::{RegionLine, read_regions};

/// A table of regions, in any bytes.
pub fn regions(bytes: &[u8]) -> bool {
    let Ok(regions) = read_regions(bytes, "潮乡市") else { return false };
    assert!(!regions.is_empty(), "a table that is taken has a region");
    for (place, region) in regions.iter().enumerate() {
        let is_before = |other: &RegionLine| other.code == region.parent_code;
        let is_rooted = region.parent_code.is_empty();
        assert!(is_rooted || regions[..place].iter().any(is_before), "parents come first");
    }
    true
}
