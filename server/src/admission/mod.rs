//! Admission: from what devices push to numbered entries of the log.
//!
//! A batch is the pushes of many devices. It is admitted in one transaction, in this order:
//!
//! 1. [`receive`]: signatures, parts, city, all that the guard can say of the bytes alone; then grant,
//!    quota, act, position. Nothing of the store is locked.
//! 2. [`check`]: cheap before dear. What the guard is against whatever the documents are, and what is
//!    out of reach by their rows, is held before any content is loaded; too many branches and a full
//!    document before an earlier state is made. Only then the guard at each change's dependencies,
//!    the home of each document, authority; over documents loaded from one view of the store and
//!    carried on through the batch. What shares no document is checked at the same time on as many
//!    threads as there are.
//! 3. [`record`], under the lock on the log's row: what was checked is compared with the store as
//!    it is now. If the log has not grown, all of it still holds. If it has, all still holds unless
//!    a touched document, a touched commit or the book of authority has changed; then the batch is
//!    checked once more, with the lock held, so that two servers cannot keep each other from ever
//!    finishing. Then come number, chain, rows.
//! 4. After COMMIT: the cache takes the new documents, and the answers may leave.
//!
//! What a granted key signed is never dropped. If something is against it that no waiting changes, a
//! verdict in the log says so to its author, its bytes are kept within their quota, and what builds
//! on it is held with it; what may pass is refused and comes again ([`reasons`]). What nobody we know
//! signed is refused and counted, no more.
//!
//! Of an *act*, a commit and all that its author's device made anew of it, one commit is admitted: the
//! first that comes here. Any other, whether it comes later or was held before, gets a verdict that it is
//! *superseded*. Nothing is kept of it, and what builds on it is refused until its device has made that anew
//! on the one that stands.
//!
//! A row that contradicts another one is no fault of a device that the checks let in; should it
//! ever happen, the transaction is given up and made anew without the push it happened in, because
//! a document's state is made of all pushes together.

mod allowance;
mod check;
mod checker;
mod crowds;
mod documents;
mod follows;
mod grants;
mod position;
mod reached;
mod reasons;
mod receive;
mod record;
mod threads;

use keting_model::CommandId;
use keting_trust::guard::Spent;
use keting_trust::{CommitId, DeviceId, Part};

use crate::authority::Book;
use crate::city::City;
use crate::store::{Head, ServerStore, StoreError};

use self::documents::DocumentCache;
use self::reasons::reason;
use self::receive::Item;

pub use self::reasons::{Consequence, REASONS, Reason};

/// What one device pushed.
#[derive(Debug, Clone)]
pub struct Push {
    /// The device of the session. Commits may be of others: a device carries its neighbour's.
    pub device: DeviceId,
    /// The commits, in the order in which they build on each other.
    pub commits: Vec<PushedCommit>,
}

/// One commit as it came.
#[derive(Debug, Clone)]
pub struct PushedCommit {
    /// What it was pushed as; another commit in its place is refused, so that an answer is always
    /// about the commit it names.
    pub expected: Option<CommitId>,
    /// The signed bytes.
    pub signed: Vec<u8>,
    /// All its parts.
    pub parts: Vec<Part>,
}

/// What became of a commit. What has a number is durable when it is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It is in the log under this number.
    Admitted {
        /// The number of its entry.
        number: u64,
    },
    /// A verdict holds it.
    Held {
        /// The number of the verdict.
        number: u64,
        /// Why.
        code: String,
    },
    /// It is not kept.
    Refused {
        /// Why.
        code: &'static str,
    },
    /// A verdict says that another commit of the same act stands. It is not kept.
    Superseded {
        /// The number of the verdict.
        number: u64,
    },
}

/// A batch that is durable.
#[derive(Debug)]
pub struct Batch {
    /// What became of each commit of each push.
    pub answers: Vec<Vec<Outcome>>,
    /// The commits among them that had been answered before.
    pub repeated: u64,
    /// Whether the batch had to be checked under the lock.
    pub rechecked: bool,
    /// What the guard took, beyond reading the bytes.
    pub spent: Spent,
    /// How much memory the documents take that are kept open for the next batch, in bytes.
    pub open_documents_bytes: usize,
    /// Where the log stands now.
    pub head: Head,
}

/// The pipeline and what it keeps between batches: only what is compared with the store at every
/// use.
#[derive(Debug)]
pub struct Admission {
    book: Book,
    cache: DocumentCache,
    threads: usize,
}

impl Admission {
    /// A pipeline that checks on so many threads; with one, nothing leaves the caller's.
    pub fn new(threads: usize) -> Self {
        Self { book: Book::default(), cache: DocumentCache::default(), threads: threads.max(1) }
    }

    /// Keeps documents open that take at most so many bytes, instead of
    /// [`SERVER_DOCUMENTS_OPEN_BYTES_MAX`](keting_trust::limits::SERVER_DOCUMENTS_OPEN_BYTES_MAX).
    #[must_use]
    pub fn keeping_within(mut self, open_documents_bytes_max: usize) -> Self {
        self.cache.keep_within(open_documents_bytes_max);
        self
    }

    /// Admits a batch. When it returns, everything it answers is durable.
    ///
    /// `now_ms` is the moment of receipt, milliseconds since the Unix epoch by the server's clock.
    ///
    /// # Errors
    /// When the store fails; nothing of the batch is then known to be kept, and all of it may be
    /// pushed again.
    pub fn admit(
        &mut self,
        store: &mut dyn ServerStore,
        city: &City,
        pushes: &[Push],
        now_ms: u64,
    ) -> Result<Batch, StoreError> {
        let mut items = receive::open(city, pushes, self.threads);
        loop {
            match self.attempt(store, city, &mut items, now_ms)? {
                Ok((answers, batch)) => {
                    return Ok(Batch { answers: by_push(pushes, answers), ..batch });
                }
                // At least one more push is refused now, so this ends.
                Err(Contradiction { push }) => receive::refuse_push(&mut items, push),
            }
        }
    }

    fn attempt(
        &mut self,
        store: &mut dyn ServerStore,
        city: &City,
        items: &mut [Item<'_>],
        now_ms: u64,
    ) -> Result<Result<Recorded, Contradiction>, StoreError> {
        let mut checked = {
            let view = store.snapshot()?;
            let left = receive::look_up(&*view, city, items, &mut self.book, now_ms)?;
            check::check(&*view, items, &self.book, &mut self.cache, left, self.threads, now_ms)?
        };
        let mut transaction = store.begin()?;
        let rechecked = !record::still_holds(&*transaction, items, &checked, &self.book)?;
        let mut spent = Spent::default();
        if rechecked {
            spent = checked.spent;
            checked.discard(&mut self.cache);
            let left = receive::look_up(&*transaction, city, items, &mut self.book, now_ms)?;
            checked = check::check(
                &*transaction,
                items,
                &self.book,
                &mut self.cache,
                left,
                self.threads,
                now_ms,
            )?;
        }
        let recorded =
            record::record(&mut *transaction, city, items, &checked, &self.book, now_ms)?;
        let (answers, repeated) = match recorded {
            Ok(recorded) => recorded,
            Err(contradiction) => return Ok(Err(contradiction)),
        };
        let head = transaction.head()?.ok_or(StoreError::Empty)?;
        transaction.commit()?;
        spent = spent.plus(checked.spent);
        checked.keep(&mut self.cache);
        let batch = Batch {
            answers: Vec::new(),
            repeated,
            rechecked,
            spent,
            open_documents_bytes: self.cache.bytes(),
            head,
        };
        Ok(Ok((answers, batch)))
    }
}

/// The answers in one row, and all else there is to tell.
type Recorded = (Vec<Outcome>, Batch);

/// The push in which a row contradicted another one.
struct Contradiction {
    push: usize,
}

fn by_push(pushes: &[Push], answers: Vec<Outcome>) -> Vec<Vec<Outcome>> {
    let mut answers = answers.into_iter();
    pushes.iter().map(|push| answers.by_ref().take(push.commits.len()).collect()).collect()
}

/// What the checks found of one commit.
#[derive(Debug, Clone)]
enum Finding {
    /// It was answered before, in an earlier batch.
    Answered(Outcome),
    /// It is the same as an earlier one of this batch.
    SameAs(usize),
    /// It is not to be kept.
    Refused(&'static str),
    /// A verdict is to hold it.
    Held(&'static str),
    /// It is to be admitted.
    Admit(checker::Admissible),
    /// The commit of the same author with this command stands for the same act.
    Superseded(CommandId),
}

impl Finding {
    /// What follows from a reason by the table of them.
    fn against(code: &'static str) -> Self {
        let reason = reason(code);
        match reason.consequence {
            Consequence::Held => Self::Held(reason.code),
            Consequence::RefusedForNow => Self::Refused(reason.code),
        }
    }
}

#[cfg(test)]
mod tests;
