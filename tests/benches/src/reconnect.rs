//! What a reconnect costs a device that holds many households, over loopback with TLS: bytes both
//! ways after the WebSocket upgrade, and round trips.

use keting::SyncReport;

use crate::report::{Figure, Limit};
use crate::town::Town;

/// A reconnect when nothing happened anywhere.
pub fn idle() -> Vec<Figure> {
    let town = Town::of_households(10_000);
    let phone = town.phone();
    let report = phone.sync();
    assert_eq!(report.progress.commits_received, 0);
    let trips = Figure {
        case: "round trips, 10,000 households".into(),
        unit: "",
        measured: count(report.progress.round_trips),
        floor: None,
        limit: Some(Limit::AtMost(1.0)),
    };
    vec![trips, bytes("10,000 households", &report, Some(1_024.0))]
}

/// A reconnect after ten edits that one known device made elsewhere.
pub fn ten_edits() -> Vec<Figure> {
    let [few, many] = [10_000, 100_000].map(|households| {
        let mut town = Town::of_households(households);
        // The author is known: his households came before.
        let phone = town.phone();
        let edits = town.author.documents_at_hand(10);
        let commits = (1..).zip(edits).map(|(number, id)| town.author.edit(id, number)).collect();
        town.admit(commits);
        let report = phone.sync();
        assert_eq!(report.progress.commits_received, 10);
        report
    });
    let growth = Figure {
        case: "100,000 against 10,000 households".into(),
        unit: "bytes",
        measured: both_ways(&many),
        floor: Some(both_ways(&few)),
        limit: Some(Limit::AtMost(1.1)),
    };
    vec![
        bytes("10,000 households", &few, Some(6_144.0)),
        bytes("100,000 households", &many, Some(6_144.0)),
        growth,
    ]
}

fn bytes(case: &str, report: &SyncReport, most: Option<f64>) -> Figure {
    Figure {
        case: format!("{case} ({} up, {} down)", report.bytes_up, report.bytes_down),
        unit: "bytes",
        measured: both_ways(report),
        floor: None,
        limit: most.map(Limit::AtMost),
    }
}

fn both_ways(report: &SyncReport) -> f64 {
    count(report.bytes_up + report.bytes_down)
}

fn count(number: u64) -> f64 {
    f64::from(u32::try_from(number).unwrap())
}
