//! A follower that is far behind looks between two pages at what is asked of it. Everything happens on one thread: it is asked as it reads
//! a page, so that no test waits for another thread to be quick, or slow.

use super::entries::Entries;
use super::handle::{Config, Follower, Inner, Progress, Rebuild};
use super::holding::Holding;
use super::opening::Opening;
use super::run::run;
use crate::views::{Error, Id, Projection, Rows, Settings, Shared, Table};
use ledger::entry::{Outcome, Recorded, Row};
use schemas::time::Date;
use std::path::Path;
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Mutex};
use std::time::Duration;

const SOON: Duration = Duration::from_secs(30);
/// Entries of the journal: some ten pages of the smallest size.
const ENTRIES: u64 = 5_000;
/// It is asked as it reads the first page that begins at this entry or behind it.
const ASKED_FROM: u64 = 1_000;
/// Fewer entries are folded before it does what it is asked: five pages at most.
const DONE_BELOW: u64 = 3_000;

const CHAINED: Id = Id::new(31, "chained", 1);
const CHAIN: Table<u8, u64> = Table::new(CHAINED, 0);

/// One row, which depends on each entry and on their order.
struct Chained;

impl Projection for Chained {
    fn id(&self) -> Id {
        CHAINED
    }

    fn fold(&mut self, entry: &Recorded, rows: &mut Rows) -> Result<(), Error> {
        let chain = rows.row(&CHAIN, 0u8)?;
        *chain = chained(*chain, entry.number);
        Ok(())
    }
}

const fn chained(chain: u64, number: u64) -> u64 {
    chain.wrapping_mul(31).wrapping_add(number)
}

fn make() -> Vec<Box<dyn Projection>> {
    vec![Box::new(Chained)]
}

/// Pages are of the smallest size.
fn shared() -> Shared {
    Shared::new(Settings { cache_bytes: 8 << 20, write_buffer_bytes: 8 << 20, page_bytes: 0, ..Settings::default() })
}

fn journal() -> Vec<Recorded> {
    let rows = (0..).map(|offset| Row::of(offset, offset, Date::from_days(1), Outcome::Posted));
    (0..ENTRIES).zip(rows).map(|(number, row)| Recorded { number, row }).collect()
}

/// What is asked of the follower.
type Ask = Box<dyn FnOnce() + Send>;

/// A journal that asks something of who reads it, once.
struct Asking {
    entries: Vec<Recorded>,
    ask: Mutex<Option<Ask>>,
}

impl Entries for Asking {
    fn count(&self) -> u64 {
        self.entries.count()
    }

    fn read(&self, from: u64, limit: usize) -> Result<Vec<Recorded>, Error> {
        let ask = if from >= ASKED_FROM { self.ask.lock().expect("whole").take() } else { None };
        if let Some(ask) = ask {
            ask();
        }
        self.entries.read(from, limit)
    }
}

/// Follows a journal from its first entry, with a batch of its end in hand, until it is stopped; answers how many entries the views have then.
fn follow(directory: &Path, ask: impl FnOnce(&Arc<Inner>) + Send + 'static) -> u64 {
    let inner = Arc::new(Inner::new(Progress::default(), None, None));
    let entries = journal();
    let end: Arc<[Recorded]> = entries[entries.len() - 10..].into();
    inner.lock().queue.push_back(end);
    let asked = Arc::clone(&inner);
    let ask: Ask = Box::new(move || ask(&asked));
    let asking = Asking { entries, ask: Mutex::new(Some(ask)) };
    let mut opening = Opening::new(7, directory.to_owned(), shared(), make);
    let first = opening.open(&asking);
    run(opening, first, &asking, None, Holding::new(None), &inner);
    assert!(asking.ask.lock().expect("whole").is_none(), "it was asked");
    inner.published().checkpoint.next_entry
}

#[test]
fn it_stops_long_before_it_has_caught_up_and_goes_on_from_there() {
    let scratch = tempfile::tempdir().expect("a directory");
    let reached = follow(scratch.path(), |inner| inner.lock().stop = true);
    assert!((ASKED_FROM..DONE_BELOW).contains(&reached), "{reached} of {ENTRIES}");

    let config = Config { partition: 7, directory: scratch.path().to_owned(), entries: Arc::new(journal()), make, feed: None, notify: None, large: None };
    let follower = Follower::spawn(config, &shared()).expect("a thread");
    assert!(follower.progress().checkpoint.next_entry >= reached, "{:?}", follower.progress());
    assert!(follower.wait_for_entries(ENTRIES, SOON), "{:?}", follower.progress());
    let views = follower.views().expect("open");
    let row = views.snapshot().expect("readable").get(&CHAIN, &0).expect("live");
    assert_eq!(row, Some((0..ENTRIES).fold(0, chained)), "as if it had never stopped");
    assert_eq!(follower.progress().anew_count, 0);
}

#[test]
fn it_begins_a_rebuild_long_before_it_has_caught_up() {
    let scratch = tempfile::tempdir().expect("a directory");
    let (done, end) = sync_channel(1);
    let reached = follow(scratch.path(), |inner| {
        // Told once it has begun, and enough then.
        let begun = Arc::clone(inner);
        let rebuild = Rebuild { name: CHAINED.name.to_owned(), progress: Box::new(move |_| begun.lock().stop = true), done };
        inner.lock().rebuild = Some(rebuild);
    });
    assert!((ASKED_FROM..DONE_BELOW).contains(&reached), "{reached} of {ENTRIES}");
    assert!(matches!(end.try_recv(), Ok(Err(Error::Stopped))), "it goes on the next time");
}
