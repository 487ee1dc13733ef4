//! An edit whose way to the server takes long, on a thin line, or whose way down to the others does.

use std::collections::VecDeque;

use keting::commands::HouseholdCommand;
use keting::parts::{SyncDriver, replica_of};
use keting::{
    Command, DocumentId, DocumentKind, EngineError, Environment, Fields, SystemEnvironment,
};
use keting_scenarios::city::{City, MICRO_GRID};
use keting_scenarios::link::Link;
use keting_scenarios::phone::Phone;
use keting_server::server::{Channel, Server};
use keting_trust::limits::{HAND_OVER_MS, IDLE_AFTER_MS};

use crate::ending::WHY;

#[test]
fn an_ended_phone_hands_over_an_edit_whose_way_takes_longer_than_it_may_pause() {
    const BYTES_PER_S: u64 = 2_000;
    let mut city = City::start();
    let link = Link::to(city.port());
    city.advertise(link.port());
    let alice = city.phone("陆德祥", "micro_grid_head", MICRO_GRID);
    let bob = city.phone("刘平杰", "micro_grid_head", MICRO_GRID);
    let household = add_large_household(&alice, 120);
    city.end_device(&alice, WHY);
    link.slow_up(BYTES_PER_S);
    let begun = std::time::Instant::now();
    assert_eq!(alice.try_sync().unwrap_err().code(), "device_ended");
    assert!(begun.elapsed().as_millis() > 2 * u128::from(HAND_OVER_MS), "{:?}", begun.elapsed());
    let status = alice.keting.status().unwrap();
    assert_eq!((status.waiting, status.held, status.refused), (0, 0, 0));
    link.heal();
    bob.sync();
    assert_eq!(bob.detail(household).residents.len(), 120);
}

#[test]
fn an_edit_whose_way_takes_minutes_gets_through_and_the_other_way_goes_on_meanwhile() {
    const BYTES_PER_S: usize = 540;
    let mut city = City::start();
    let alice = city.phone("陆德祥", "micro_grid_head", MICRO_GRID);
    let bob = city.phone("刘平杰", "micro_grid_head", MICRO_GRID);
    let of_bob = bob.add_household(MICRO_GRID, "望潮苑1幢1单元102室", "李二");
    bob.sync();
    let household = add_large_household(&alice, 450);
    city.stop();
    let lines = Lines { up: Line::carrying(BYTES_PER_S), down: Line::default() };
    let took_ms = sync_in_virtual_time(&mut city.opened(), &alice, lines).unwrap();
    assert!(took_ms > IDLE_AFTER_MS, "{took_ms}");
    assert_eq!(alice.keting.status().unwrap().waiting, 0);
    assert_eq!(alice.household(of_bob).address, "望潮苑1幢1单元102室");
    city.restart();
    bob.sync();
    assert_eq!(bob.detail(household).residents.len(), 450);
}

#[test]
fn an_edit_whose_way_down_takes_minutes_arrives_and_the_other_way_goes_on_meanwhile() {
    const BYTES_PER_S: usize = 540;
    let mut city = City::start();
    let alice = city.phone("陆德祥", "micro_grid_head", MICRO_GRID);
    let bob = city.phone("刘平杰", "micro_grid_head", MICRO_GRID);
    let household = add_large_household(&alice, 450);
    alice.sync();
    let of_bob = bob.add_household(MICRO_GRID, "望潮苑1幢1单元102室", "李二");
    city.stop();
    let lines = Lines { up: Line::default(), down: Line::carrying(BYTES_PER_S) };
    let took_ms = sync_in_virtual_time(&mut city.opened(), &bob, lines).unwrap();
    assert!(took_ms > IDLE_AFTER_MS, "{took_ms}");
    assert_eq!(bob.detail(household).residents.len(), 450);
    assert_eq!(bob.keting.status().unwrap().waiting, 0);
    city.restart();
    alice.sync();
    assert_eq!(alice.household(of_bob).address, "望潮苑1幢1单元102室");
}

/// A household of a dormitory, entered at once.
fn add_large_household(phone: &Phone, residents: usize) -> DocumentId {
    let household = phone.keting.new_document(DocumentKind::Household);
    let resident = |number: usize| {
        let (name, relation) = (format!("李{number}"), if number == 0 { "head" } else { "other" });
        phone.resident(Fields::new().with("name", name.as_str()).with("relation", relation))
    };
    let add = HouseholdCommand::Add {
        household,
        region: phone.region(MICRO_GRID),
        fields: Fields::new().with("address", "望潮苑集体宿舍"),
        residents: (0..residents).map(resident).collect(),
        time: phone.keting.now(),
    };
    phone.keting.execute(&Command::Household(add)).unwrap();
    household
}

/// Both ways of a connection.
struct Lines {
    up: Line,
    down: Line,
}

/// A way that carries so many bytes a second, or anything at once.
#[derive(Default)]
struct Line {
    bytes_per_s: Option<usize>,
    frames: VecDeque<Vec<u8>>,
    /// How much of the first frame it has carried, in bytes.
    carried: usize,
}

impl Line {
    fn carrying(bytes_per_s: usize) -> Self {
        Self { bytes_per_s: Some(bytes_per_s), ..Self::default() }
    }

    /// Carries for a second: gives the frames that are whole by then, and how many bytes came of the next.
    fn carry(&mut self) -> (Vec<Vec<u8>>, usize) {
        let mut room = self.bytes_per_s.unwrap_or(usize::MAX);
        let mut whole = Vec::new();
        while let Some(frame) = self.frames.pop_front_if(|frame| frame.len() - self.carried <= room)
        {
            room -= frame.len() - std::mem::take(&mut self.carried);
            whole.push(frame);
        }
        let came = if self.frames.is_empty() { 0 } else { room };
        self.carried += came;
        (whole, came)
    }
}

/// A sync of a phone with a server, stepped second by second. Says how long it took, in milliseconds.
fn sync_in_virtual_time(
    server: &mut Server,
    phone: &Phone,
    Lines { mut up, mut down }: Lines,
) -> Result<u64, EngineError> {
    let (binding, begun_unix_ms) = ([7; 32], SystemEnvironment.unix_ms());
    let mut replica = replica_of(&phone.keting);
    let mut driver = SyncDriver::start(&mut replica, binding, 0)?;
    let connection = server.connect(Channel { binding, tls_spki_sha256: [0; 32] }, 0);
    for now_ms in (0..).step_by(1_000) {
        up.frames.extend(std::iter::from_fn(|| driver.poll_transmit()));
        let (frames, came) = up.carry();
        frames.iter().for_each(|frame| server.handle_frame(connection, frame, now_ms));
        if came > 0 {
            server.handle_arriving(connection, came, now_ms);
        }
        server.step(now_ms, begun_unix_ms + now_ms);
        down.frames.extend(std::iter::from_fn(|| server.poll_transmit(connection)));
        let (frames, came) = down.carry();
        frames.iter().for_each(|frame| driver.handle_frame(&mut replica, frame, now_ms));
        driver.handle_arriving(came, now_ms);
        driver.handle_timeout(&mut replica, now_ms);
        let is_still = up.frames.is_empty() && down.frames.is_empty();
        if server.is_closed(connection) {
            driver.handle_disconnected(&mut replica, now_ms);
        } else if driver.is_quiescent() && is_still {
            driver.close(&mut replica, now_ms);
        }
        if let Some(ended) = driver.take_ended() {
            return ended.map(|()| now_ms);
        }
    }
    unreachable!("a session ends");
}
