//! What an app wants of the engine, what there is of it, and the one step that brings them nearer.
//!
//! Nothing is done here. Calls only write down what is wanted; the writing thread asks for the next step
//! until there is none, so that no order in which an app calls leaves the engine in between.

/// What an app wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    /// Calls are answered.
    Running,
    /// The file is closed, and calls wait.
    Suspended,
    /// The file is closed for good.
    Closed,
}

/// A sync that is under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sync {
    /// It goes on until it is stopped.
    Staying,
    /// It ends when everything is exchanged.
    Once,
}

/// What is wanted and what there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Situation {
    pub(super) wanted: Wanted,
    /// Whether an app wants syncing to go on by itself.
    pub(super) is_sync_wanted: bool,
    /// Whether somebody asked for one sync that has not begun.
    pub(super) is_once_asked: bool,
    pub(super) is_open: bool,
    /// Whether the file has to be opened anew, as what is in memory is not to be trusted.
    pub(super) is_spoilt: bool,
    pub(super) syncing: Option<Sync>,
    /// Whether the sync that is under way was told to stop.
    pub(super) is_sync_stopping: bool,
    /// Whether a query is being answered.
    pub(super) is_reading: bool,
    /// Whether an edit waits that was posted before the engine was suspended.
    pub(super) has_promised: bool,
    /// Whether another edit waits.
    pub(super) has_write: bool,
    /// Whether a query waits.
    pub(super) has_read: bool,
}

/// What the writing thread does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// Opens the file.
    Open,
    /// Closes the file, which nobody uses.
    Close,
    /// Tells the sync to stop.
    StopSync,
    /// Begins a sync.
    StartSync(Sync),
    /// Carries out the first edit that waits.
    Write,
    /// Waits until something is otherwise.
    Wait,
    /// There is nothing more to do, ever.
    End,
}

impl Situation {
    /// The next step.
    pub(super) fn next_step(&self) -> Step {
        if !self.is_open {
            return match self.wanted {
                Wanted::Closed => Step::End,
                _ if self.is_file_needed() => Step::Open,
                Wanted::Running | Wanted::Suspended => Step::Wait,
            };
        }
        if self.is_spoilt {
            return self.step_towards_closed();
        }
        if self.has_promised && self.wanted != Wanted::Closed {
            return Step::Write;
        }
        if !self.may_stay_open() {
            return self.step_towards_closed();
        }
        match self.syncing {
            Some(Sync::Staying) if !self.may_stay_connected() && !self.is_sync_stopping => {
                return Step::StopSync;
            }
            None if self.is_once_asked => return Step::StartSync(Sync::Once),
            None if self.may_stay_connected() => return Step::StartSync(Sync::Staying),
            _ => {}
        }
        if self.wanted == Wanted::Running && self.has_write { Step::Write } else { Step::Wait }
    }

    /// Whether queries may be answered.
    pub(super) fn may_read(&self) -> bool {
        self.wanted == Wanted::Running && self.is_open && !self.is_spoilt
    }

    fn step_towards_closed(&self) -> Step {
        match self.syncing {
            Some(_) if self.is_sync_stopping => Step::Wait,
            Some(_) => Step::StopSync,
            None if self.is_reading => Step::Wait,
            None => Step::Close,
        }
    }

    /// A sync that was asked for while the engine is suspended opens the file for its own length.
    fn may_stay_open(&self) -> bool {
        match self.wanted {
            Wanted::Running => true,
            Wanted::Suspended => self.is_once_asked || self.syncing == Some(Sync::Once),
            Wanted::Closed => false,
        }
    }

    fn is_file_needed(&self) -> bool {
        let by_calls = self.has_write || self.has_read || self.is_sync_wanted;
        self.is_once_asked || self.has_promised || (self.wanted == Wanted::Running && by_calls)
    }

    fn may_stay_connected(&self) -> bool {
        self.is_sync_wanted && self.wanted == Wanted::Running
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const IDLE: Situation = Situation {
        wanted: Wanted::Running,
        is_sync_wanted: false,
        is_once_asked: false,
        is_open: true,
        is_spoilt: false,
        syncing: None,
        is_sync_stopping: false,
        is_reading: false,
        has_promised: false,
        has_write: false,
        has_read: false,
    };
    const SUSPENDED: Situation = Situation { wanted: Wanted::Suspended, is_open: false, ..IDLE };

    #[test]
    fn a_file_is_closed_once_the_sync_has_stopped_and_the_last_query_is_answered() {
        for wanted in [Wanted::Suspended, Wanted::Closed] {
            let busy = Situation { wanted, syncing: Some(Sync::Staying), is_reading: true, ..IDLE };
            assert_eq!(busy.next_step(), Step::StopSync);
            let stopping = Situation { is_sync_stopping: true, ..busy };
            assert_eq!(stopping.next_step(), Step::Wait);
            let stopped = Situation { syncing: None, is_sync_stopping: false, ..busy };
            assert_eq!(stopped.next_step(), Step::Wait);
            let idle = Situation { is_reading: false, ..stopped };
            assert_eq!(idle.next_step(), Step::Close);
        }
    }

    #[test]
    fn whoever_is_suspended_lets_calls_wait_and_whoever_is_closed_ends() {
        let calls =
            Situation { has_write: true, has_read: true, is_sync_wanted: true, ..SUSPENDED };
        assert_eq!((calls.next_step(), calls.may_read()), (Step::Wait, false));
        let resumed = Situation { wanted: Wanted::Running, ..calls };
        assert_eq!(resumed.next_step(), Step::Open);
        let closed = Situation { wanted: Wanted::Closed, is_once_asked: true, ..calls };
        assert_eq!(closed.next_step(), Step::End);
    }

    #[test]
    fn what_was_posted_before_it_was_suspended_is_written_before_the_file_is_closed() {
        let promised = Situation { has_promised: true, ..SUSPENDED };
        assert_eq!(promised.next_step(), Step::Open);
        let open = Situation { is_open: true, has_write: true, ..promised };
        assert_eq!(open.next_step(), Step::Write);
        let kept = Situation { has_promised: false, ..open };
        assert_eq!(kept.next_step(), Step::Close);
        let closed = Situation { wanted: Wanted::Closed, ..open };
        assert_eq!(closed.next_step(), Step::Close);
    }

    #[test]
    fn one_sync_while_suspended_opens_the_file_for_its_own_length_and_for_nobody_else() {
        let asked = Situation { is_once_asked: true, has_write: true, ..SUSPENDED };
        assert_eq!(asked.next_step(), Step::Open);
        let open = Situation { is_open: true, ..asked };
        assert_eq!((open.next_step(), open.may_read()), (Step::StartSync(Sync::Once), false));
        let begun = Situation { is_once_asked: false, syncing: Some(Sync::Once), ..open };
        assert_eq!(begun.next_step(), Step::Wait);
        let over = Situation { syncing: None, ..begun };
        assert_eq!(over.next_step(), Step::Close);
    }

    #[test]
    fn a_staying_sync_gives_way_to_suspending_and_comes_back_by_itself() {
        let staying = Situation { is_sync_wanted: true, syncing: Some(Sync::Staying), ..IDLE };
        assert_eq!(staying.next_step(), Step::Wait);
        let once = Situation { wanted: Wanted::Suspended, is_once_asked: true, ..staying };
        assert_eq!(once.next_step(), Step::StopSync);
        let back = Situation { syncing: None, ..staying };
        assert_eq!(back.next_step(), Step::StartSync(Sync::Staying));
        let unwanted = Situation { is_sync_wanted: false, ..staying };
        assert_eq!(unwanted.next_step(), Step::StopSync);
    }

    #[test]
    fn a_file_whose_memory_is_spoilt_is_closed_before_anything_else_is_done_with_it() {
        let spoilt = Situation { is_spoilt: true, has_write: true, has_read: true, ..IDLE };
        assert_eq!((spoilt.next_step(), spoilt.may_read()), (Step::Close, false));
    }
}
