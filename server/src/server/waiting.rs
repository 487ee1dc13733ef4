//! Pushes that wait for admission: whose turn it is, and how much is judged at once.
//!
//! A group takes a little of every device in turn until it has what may be judged at once. So whoever
//! pushes much waits for their own, and nobody waits for them. Nothing in here judges.

use std::collections::{BTreeMap, VecDeque};

use keting_sync::CommitKey;
use keting_trust::DeviceId;
use keting_trust::limits::{
    ADMISSION_COMMITS_MAX, ADMISSION_GROUP_BYTES_MAX, ADMISSION_TURN_BYTES,
    ADMISSION_WAITING_BYTES_MAX, ITEM_COST_BYTES, PUSH_IN_FLIGHT_BYTES_MAX,
};

use super::ConnectionId;
use crate::admission::{Outcome, Push, PushedCommit};

/// What a session pushed, and what became of it so far.
#[derive(Debug)]
pub(super) struct Queued {
    pub(super) connection: ConnectionId,
    /// What the session calls it.
    pub(super) id: u64,
    pub(super) keys: Vec<CommitKey>,
    /// The commits that were not taken to be judged yet.
    pub(super) commits: VecDeque<PushedCommit>,
    /// The outcomes of those that were, in the same order.
    pub(super) outcomes: Vec<Outcome>,
}

/// Everything that waits, by device.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    devices: BTreeMap<DeviceId, OfDevice>,
    /// Who has something to be taken, in the order of their turns.
    turns: VecDeque<DeviceId>,
    bytes: usize,
    /// Whose commits are being judged, one for each push of the group.
    under_way: Vec<DeviceId>,
}

#[derive(Debug, Default)]
struct OfDevice {
    pushes: VecDeque<Queued>,
    bytes: usize,
}

impl Queued {
    fn is_answered(&self) -> bool {
        self.outcomes.len() >= self.keys.len()
    }

    /// Whether commits of it were taken that have no outcome yet.
    fn is_under_way(&self) -> bool {
        self.outcomes.len() + self.commits.len() < self.keys.len()
    }
}

impl Waiting {
    /// Whether more of a device's has to wait in its session.
    pub(super) fn is_full_for(&self, device: &DeviceId) -> bool {
        let of_device = self.devices.get(device).map_or(0, |waiting| waiting.bytes);
        self.bytes >= ADMISSION_WAITING_BYTES_MAX || of_device >= PUSH_IN_FLIGHT_BYTES_MAX
    }

    /// Whether a group is being judged.
    pub(super) fn is_under_way(&self) -> bool {
        !self.under_way.is_empty()
    }

    /// Whether nothing waits and nothing is being judged.
    pub(super) fn is_empty(&self) -> bool {
        self.devices.is_empty()
    }

    /// Takes in what a device pushed.
    pub(super) fn push(&mut self, device: DeviceId, queued: Queued) {
        let bytes: usize = queued.commits.iter().map(cost_of).sum();
        let waiting = self.devices.entry(device).or_default();
        if !waiting.has_more() {
            self.turns.push_back(device);
        }
        waiting.pushes.push_back(queued);
        waiting.bytes += bytes;
        self.bytes += bytes;
    }

    /// Takes the next group to be judged, device by device in turn. Until it is answered there is no
    /// other.
    pub(super) fn take_group(&mut self) -> Vec<Push> {
        let (mut group, mut commits, mut bytes) = (Vec::new(), 0, 0);
        while commits < ADMISSION_COMMITS_MAX
            && bytes < ADMISSION_GROUP_BYTES_MAX
            && let Some(device) = self.turns.pop_front()
        {
            let Some(waiting) = self.devices.get_mut(&device) else { continue };
            let (taken, cost) = waiting.take_turn(ADMISSION_COMMITS_MAX - commits);
            if waiting.has_more() {
                self.turns.push_back(device);
            }
            (commits, bytes) = (commits + taken.len(), bytes + cost);
            self.bytes -= cost;
            self.under_way.push(device);
            group.push(Push { device, commits: taken });
        }
        group
    }

    /// Notes what became of the group, and gives the pushes that are answered whole.
    pub(super) fn take_outcomes(&mut self, outcomes: Vec<Vec<Outcome>>) -> Vec<Queued> {
        let mut answered = Vec::new();
        for (device, outcomes) in std::mem::take(&mut self.under_way).into_iter().zip(outcomes) {
            let Some(waiting) = self.devices.get_mut(&device) else { continue };
            if let Some(first) = waiting.pushes.front_mut() {
                first.outcomes.extend(outcomes);
            }
            answered.extend(waiting.pushes.pop_front_if(|first| first.is_answered()));
            self.forget_if_done(&device);
        }
        answered
    }

    /// Gives up the pushes that were being judged, with what of them had still to wait.
    pub(super) fn give_up(&mut self) -> Vec<Queued> {
        let mut given_up = Vec::new();
        for device in std::mem::take(&mut self.under_way) {
            let Some(waiting) = self.devices.get_mut(&device) else { continue };
            while let Some(first) = waiting.pushes.pop_front_if(|first| first.is_under_way()) {
                let left: usize = first.commits.iter().map(cost_of).sum();
                waiting.bytes -= left;
                self.bytes -= left;
                given_up.push(first);
            }
            if !waiting.has_more() {
                self.turns.retain(|turn| *turn != device);
            }
            self.forget_if_done(&device);
        }
        given_up
    }

    fn forget_if_done(&mut self, device: &DeviceId) {
        if self.devices.get(device).is_some_and(|waiting| waiting.pushes.is_empty()) {
            self.devices.remove(device);
        }
    }
}

impl OfDevice {
    fn has_more(&self) -> bool {
        self.pushes.iter().any(|queued| !queued.commits.is_empty())
    }

    /// Takes what one turn allows, of one push: at least a commit.
    fn take_turn(&mut self, commits_max: usize) -> (Vec<PushedCommit>, usize) {
        let (mut taken, mut bytes) = (Vec::new(), 0);
        let next = self.pushes.iter_mut().find(|queued| !queued.commits.is_empty());
        if let Some(next) = next {
            while taken.len() < commits_max
                && bytes < ADMISSION_TURN_BYTES
                && let Some(commit) = next.commits.pop_front()
            {
                bytes += cost_of(&commit);
                taken.push(commit);
            }
        }
        self.bytes -= bytes;
        (taken, bytes)
    }
}

/// What a commit counts, in bytes: the cost that the protocol reckons with.
fn cost_of(commit: &PushedCommit) -> usize {
    let parts: usize = commit.parts.iter().map(|part| part.change.len() + ITEM_COST_BYTES).sum();
    commit.signed.len() + ITEM_COST_BYTES + parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_pushes_thousands_of_commits_does_not_keep_the_others_waiting() {
        let mut waiting = Waiting::default();
        waiting.push(device(1), queued(1, 2_000, 400));
        waiting.push(device(2), queued(2, 1, 400));
        let group = waiting.take_group();
        let commits: usize = group.iter().map(|push| push.commits.len()).sum();
        assert_eq!(commits, ADMISSION_COMMITS_MAX);
        assert!(group.iter().any(|push| push.device == device(2)));
        let answered = waiting.take_outcomes(outcomes(&group));
        assert_eq!(answered.iter().map(|queued| queued.id).collect::<Vec<_>>(), [2]);
        waiting.push(device(3), queued(3, 1, 400));
        assert!(waiting.take_group().iter().any(|push| push.device == device(3)));
    }

    #[test]
    fn a_group_is_bounded_by_what_it_costs_and_a_push_is_answered_when_all_of_it_is() {
        let mut waiting = Waiting::default();
        waiting.push(device(1), queued(1, 10, 250_000));
        let mut groups = 0;
        loop {
            let group = waiting.take_group();
            let bytes: usize = group.iter().flat_map(|push| &push.commits).map(cost_of).sum();
            assert!(bytes < ADMISSION_GROUP_BYTES_MAX + 251_000, "{bytes}");
            groups += 1;
            let answered = waiting.take_outcomes(outcomes(&group));
            if let [whole] = answered.as_slice() {
                assert_eq!(whole.outcomes.len(), 10);
                break;
            }
        }
        assert!(groups > 1 && waiting.is_empty() && waiting.bytes == 0);
    }

    #[test]
    fn what_is_given_up_is_forgotten_and_the_others_go_on() {
        let mut waiting = Waiting::default();
        waiting.push(device(1), queued(1, 1_300, 400));
        let commits: usize = waiting.take_group().iter().map(|push| push.commits.len()).sum();
        assert_eq!(commits, ADMISSION_COMMITS_MAX);
        waiting.push(device(1), queued(3, 1, 400));
        waiting.push(device(2), queued(2, 1, 400));
        assert_eq!(waiting.give_up().iter().map(|queued| queued.id).collect::<Vec<_>>(), [1]);
        let group = waiting.take_group();
        let devices: Vec<_> = group.iter().map(|push| push.device).collect();
        assert_eq!(devices, [device(1), device(2)]);
        waiting.take_outcomes(outcomes(&group));
        assert!(waiting.is_empty() && waiting.bytes == 0);
    }

    fn device(number: u8) -> DeviceId {
        DeviceId::new([number; 16])
    }

    fn queued(id: u64, commits: usize, bytes: usize) -> Queued {
        let keys = (0..commits)
            .map(|_| CommitKey { author: None, command: keting_model::CommandId::new([1; 8]) });
        let commit = PushedCommit { expected: None, signed: vec![0; bytes], parts: Vec::new() };
        Queued {
            connection: ConnectionId(id),
            id,
            keys: keys.collect(),
            commits: std::iter::repeat_n(commit, commits).collect(),
            outcomes: Vec::new(),
        }
    }

    fn outcomes(group: &[Push]) -> Vec<Vec<Outcome>> {
        let refused = Outcome::Refused { code: "quota_exceeded" };
        group.iter().map(|push| vec![refused.clone(); push.commits.len()]).collect()
    }
}
