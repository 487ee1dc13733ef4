//! How many commits a second a server admits, durably and materialised: signed beforehand, pushed
//! over one connection on loopback with TLS. Server and pusher share this process and its cores.

use keting_scenarios::city::VILLAGE;

use crate::author::Ready;
use crate::clock::{ms, time};
use crate::pusher::push;
use crate::report::{Figure, Limit};
use crate::town::Town;

/// Each commit founds a household of its own.
pub fn distinct() -> Vec<Figure> {
    measure(20_000, 1, 5_000.0)
}

/// Each household is founded and edited nine times.
pub fn ten_a_document() -> Vec<Figure> {
    measure(4_000, 10, 10_000.0)
}

fn measure(documents: usize, commits_each: usize, least: f64) -> Vec<Figure> {
    let mut town = Town::new();
    let mut commits: Vec<Ready> = Vec::with_capacity(documents * commits_each);
    for number in 0..documents {
        let (household, founding) = town.author.add_single(town.unit, number);
        commits.push(founding);
        commits.extend((1..commits_each).map(|edit| town.author.edit(household, edit)));
        town.author.forget();
    }
    let cursor = town.cursor();
    // Only for the server's address and key.
    let server = town.city.invite("无", "village_officer", VILLAGE);
    let pushing = push(&server, &town.author, cursor, &commits);
    let (took, used) = time(|| town.city.runtime().block_on(pushing));
    let count = f64::from(u32::try_from(commits.len()).unwrap());
    let per_second = Figure {
        case: format!("{} commits", commits.len()),
        unit: "/s",
        measured: count / took.as_secs_f64(),
        floor: None,
        limit: Some(Limit::AtLeast(least)),
    };
    let cores = Figure {
        case: "cores used, the pusher's included".into(),
        unit: "",
        measured: used.cpu.as_secs_f64() / used.wall.as_secs_f64(),
        floor: None,
        limit: Some(Limit::AtMost(2.0)),
    };
    let each = Figure {
        case: "processor time a commit, likewise".into(),
        unit: "ms",
        measured: ms(used.cpu) / count,
        floor: None,
        limit: None,
    };
    vec![per_second, cores, each]
}
