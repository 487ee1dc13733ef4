//! What refusing takes: a megabyte of everything that is to be refused, pushed to the real server over
//! loopback, while somebody else asks whether there is anything new.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use keting_scenarios::city::VILLAGE;

use crate::author::Author;
use crate::clock::{ms, time};
use crate::hostile::{Family, families};
use crate::pusher::{ask, push, push_whatever};
use crate::report::{Figure, Limit};
use crate::town::Town;

pub fn run() -> Vec<Figure> {
    let mut town = Town::new();
    let mut honest = Vec::new();
    let mut bytes = 0;
    for number in 0.. {
        let made = town.author.add_single(town.unit, number).1;
        bytes += made.bytes();
        honest.push(made);
        if bytes >= 1_000_000 {
            break;
        }
    }
    let (history, families) = families(&mut town.author, town.unit);
    town.admit(history);
    let cursor = town.cursor();
    let server = town.city.invite("无", "village_officer", VILLAGE);
    let pushing = push(&server, &town.author, cursor, &honest);
    let (_, floor) = time(|| town.city.runtime().block_on(pushing));

    let other = town.colleague();
    let mut figures = Vec::new();
    let mut waits = Vec::new();
    for Family { name, commits } in families {
        let cursor = town.cursor();
        let done = Arc::new(AtomicBool::new(false));
        let asking = ask_until(&done, &server, &other, cursor);
        let pushing = async {
            push_whatever(&server, &town.author, cursor, &commits).await;
            done.store(true, Ordering::Relaxed);
        };
        let both = async { tokio::join!(asking, pushing).0 };
        let (waited, used) = time(|| town.city.runtime().block_on(both));
        waits.extend(waited);
        figures.push(Figure {
            case: format!("1 MB of {name}, processor time"),
            unit: "ms",
            measured: ms(used.cpu),
            floor: None,
            limit: Some(Limit::AtMost(1_000.0)),
        });
        figures.push(Figure {
            case: format!("1 MB of {name}, against admitting 1 MB"),
            unit: "ms",
            measured: ms(used.cpu),
            floor: Some(ms(floor.cpu)),
            limit: None,
        });
    }
    waits.sort_unstable();
    figures.push(Figure {
        case: format!("others are answered meanwhile, p99 of {}", waits.len()),
        unit: "ms",
        measured: waits.get(waits.len() * 99 / 100).map_or(0.0, |wait| ms(*wait)),
        floor: None,
        limit: Some(Limit::AtMost(100.0)),
    });
    figures
}

/// Asks whether there is anything new, over a connection of its own each time, until it is done; at
/// least once.
async fn ask_until(
    done: &AtomicBool,
    server: &keting_trust::Invitation,
    other: &Author,
    cursor: keting_trust::Cursor,
) -> Vec<Duration> {
    let mut waits = Vec::new();
    while !done.load(Ordering::Relaxed) || waits.is_empty() {
        waits.push(ask(server, other, cursor).await);
    }
    waits
}
