//! What will be over soon is told to the operator.

use super::*;
use crate::renewal::days_ms;

#[test]
fn devices_whose_last_grant_ends_within_thirty_days_are_counted_and_the_issuing_keys_end_is_told() {
    let mut world = World::new();
    world.server.config.renew_within_ms = None;
    let mut alice = world.enrol("micro_grid_head", HEAD_REGION, 1);
    world.enrol("micro_grid_head", HEAD_REGION, 2);
    let ends_at_ms = NOW_MS - 1_000 + days_ms(3 * 365);
    for (days, ending) in [(334, 0), (1, 2), (31, 0)] {
        world.set_clock(days_ms(days));
        world.now_ms += days_ms(days);
        let metrics = world.server.metrics_at(world.now_ms, world.unix_ms).unwrap();
        let found = (metrics.grants_ending, metrics.issuing_key_ends_at_ms);
        assert_eq!(found, (ending, ends_at_ms), "{days}");
    }
    world.hang_up(&mut alice);
}

#[test]
fn health_warns_ninety_days_before_the_issuing_key_ends() {
    let mut world = World::new();
    let ends_at_ms = NOW_MS - 1_000 + days_ms(3 * 365);
    let warning = |world: &mut World, at_ms| world.server.health(at_ms).warning;
    assert_eq!(warning(&mut world, ends_at_ms - days_ms(90) - 1), None);
    for at_ms in [ends_at_ms - days_ms(90), ends_at_ms, ends_at_ms + days_ms(1)] {
        assert_eq!(warning(&mut world, at_ms), Some("issuing_key_ends"));
    }
    assert!(world.server.health(ends_at_ms).healthy);
}
