//! Officers, who may make regions. Two of them, out of contact, make a region of one code each, and go
//! on below it; the log can have one of the two. Whoever made the other finds by that code, as soon as
//! they have heard of it, the region that stands.

use keting_model::Family;

use crate::device::Device;
use crate::plan;
use crate::world::{Broken, World};

/// How many households an officer enters at once in a region that they have made, at most.
const BELOW_MAX: u64 = 3;

impl World {
    /// Two officers make a region of the same code, and go on below it. False if there are no two, or
    /// the code they think of is not free.
    ///
    /// # Errors
    /// When what they do is not done as it must be.
    pub fn make_one_code_twice(&mut self) -> Result<bool, Broken> {
        let mut officers = self.officers();
        if officers.len() < 2 {
            return Ok(false);
        }
        let first = officers.swap_remove(self.rng.index(officers.len()));
        let second = officers.swap_remove(self.rng.index(officers.len()));
        let replicas = [first, second].map(|index| self.devices[index].replica.as_ref());
        let [Some(one), Some(other)] = replicas else { return Ok(false) };
        let Some(place) = plan::free_place(&mut self.rng, &[one, other]) else { return Ok(false) };
        for index in [first, second] {
            self.hang_up_by_phone(index);
            let region = place.region(&mut self.rng);
            self.carry_out(index, &region)?;
            for _ in 0..self.rng.below(BELOW_MAX) {
                self.enter_below(index, &place.code)?;
            }
        }
        Ok(true)
    }

    /// Once all is quiet, each officer enters something below each code that people gave, and all of
    /// it comes to the server.
    ///
    /// # Errors
    /// When a code does not find the region that stands, or what is entered there does not arrive.
    pub fn enter_below_every_code(&mut self) -> Result<(), Broken> {
        for code in self.memory.places.codes() {
            let Some(server) = &mut self.host.server else { return Err("no server".to_owned()) };
            let read = server.store().snapshot().map_err(|error| error.to_string())?;
            // Nobody was promised anything of a region whose phone answered with an error.
            let Some(stands) = read.region_by_code(&code).unwrap() else { continue };
            drop(read);
            for index in self.officers() {
                let Some(replica) = &self.devices[index].replica else { continue };
                let found = replica.region_of_code(&code).map_err(|error| error.to_string())?;
                if found != Some(stands.document) {
                    let name = &self.devices[index].name;
                    return Err(format!("{name} finds {found:?} by {code}, not {stands:?}"));
                }
                self.enter_below(index, &code)?;
            }
        }
        self.settle_down()
    }

    fn enter_below(&mut self, index: usize, code: &str) -> Result<(), Broken> {
        let Some(replica) = &self.devices[index].replica else { return Ok(()) };
        let household = plan::household_below(&mut self.rng, replica, code);
        household.map_or(Ok(()), |household| self.carry_out(index, &household))
    }

    /// The officers whose phones are at hand.
    fn officers(&self) -> Vec<usize> {
        let is_at_hand = |device: &Device| {
            let may = device.part.role.writes().contains(&Family::Region);
            may && device.is_honest && device.is_enrolled() && device.replica.is_some()
        };
        (0..self.devices.len()).filter(|index| is_at_hand(&self.devices[*index])).collect()
    }
}
