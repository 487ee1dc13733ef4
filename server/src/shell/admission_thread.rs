//! The thread on which pushes are judged. It has its own way into the store, so that the core goes on
//! answering everybody else while much, or something hostile, is looked at.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

use tokio::sync::mpsc::WeakSender;

use crate::admission::Admission;
use crate::city::City;
use crate::server::{Admitter, Group};
use crate::shell::core_thread::ToCore;
use crate::store::{ServerStore, StoreError};

/// The way to the thread. It ends when this is dropped.
pub(super) struct AdmissionThread {
    groups: Sender<Group>,
}

impl AdmissionThread {
    /// Starts the thread, which can be waited for. What becomes of groups goes `back` to the core.
    pub(super) fn spawn(
        mut store: Box<dyn ServerStore>,
        admission: Admission,
        back: WeakSender<ToCore>,
    ) -> std::io::Result<(Self, JoinHandle<()>)> {
        let city = read_city(&mut *store).map_err(std::io::Error::other)?;
        let (groups, inbox) = channel();
        let thread = std::thread::Builder::new()
            .name("keting-admission".into())
            .spawn(move || judge_all(&inbox, &mut *store, &city, admission, &back))?;
        Ok((Self { groups }, thread))
    }
}

impl Admitter for AdmissionThread {
    fn begin(&mut self, group: Group) {
        // Nobody receives only after a panic, which the core was told of.
        let _ = self.groups.send(group);
    }
}

fn read_city(store: &mut dyn ServerStore) -> Result<City, StoreError> {
    let read = store.snapshot()?;
    City::read(&*read)
}

fn judge_all(
    inbox: &Receiver<Group>,
    store: &mut dyn ServerStore,
    city: &City,
    mut admission: Admission,
    back: &WeakSender<ToCore>,
) {
    while let Ok(group) = inbox.recv() {
        // A panic here is a fault of ours in work on our own rows: it ends the core as well.
        let judged = catch_unwind(AssertUnwindSafe(|| {
            admission.admit(store, city, &group.pushes, group.unix_ms)
        }));
        let panicked = judged.is_err();
        let Some(core) = back.upgrade() else { return };
        if core.blocking_send(ToCore::Admitted(judged)).is_err() || panicked {
            return;
        }
    }
}
