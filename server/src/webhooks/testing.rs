//! Hooks of tests: kept in memory, with something that happens while they are read, and ledgers that tell nothing.

use super::files::Content;
use super::store::Store;
use super::whose::Whose;
use super::{Delivery, Hook, Kept, Ledger, Progress, State, Webhooks};
use jiff::Timestamp;
use ledger::entry::Recorded;
use projections::answers::{self, Shard};
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Where hooks are kept.
#[derive(Default)]
pub struct Scripted {
    lines: Mutex<BTreeMap<String, Vec<u8>>>,
    meanwhile: Mutex<Option<Box<dyn FnOnce() + Send>>>,
}

impl Scripted {
    /// Each by its id, as of now; then the next thing happens before whoever reads them has them.
    pub fn read(&self) -> Vec<(String, Content)> {
        let lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let meanwhile = self.meanwhile.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(meanwhile) = meanwhile {
            meanwhile();
        }
        lines.into_iter().map(|(id, line)| (id, Ok(line))).collect()
    }

    pub fn write(&self, id: &str, line: Vec<u8>) {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).insert(id.to_owned(), line);
    }

    /// What happens while hooks are read the next time.
    pub fn meanwhile(&self, then: impl FnOnce() + Send + 'static) {
        *self.meanwhile.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(then));
    }

    /// Another node keeps a hook.
    pub fn keep_as(&self, kept: &Kept) {
        self.write(&kept.hook.id, json!({"id": kept.hook.id, "hook": kept}).to_string().into_bytes());
    }

    /// The same, of one that has told nothing.
    pub fn keep(&self, hook: Hook) {
        self.keep_as(&Kept { hook, progress: Progress::default(), ledger: None });
    }
}

/// The hooks of a node, none so far, and where they are kept; of a node that is alone, or of one of a group, which owns nothing yet. Every
/// merchant lies in partition 0, and nobody keeps how far they are by himself.
pub(super) fn webhooks(is_of_group: bool) -> (Arc<Webhooks>, Arc<Scripted>) {
    let store = Arc::new(Scripted::default());
    let webhooks = Webhooks::of(Store::Scripted(Arc::clone(&store)), true, is_of_group);
    webhooks.inner.home.get_or_init(|| Box::new(|_: &str| Some(0)));
    webhooks.inner.whose.get_or_init(own);
    webhooks.inner.read();
    assert!(webhooks.trouble().is_none(), "{:?}", webhooks.trouble());
    (Arc::new(webhooks), store)
}

/// The ledger of [`webhooks`].
pub(super) fn own() -> Whose {
    Whose { log: "id:own".to_owned(), topic: None }
}

/// A hook of a merchant that a key of its own added.
pub(super) fn hook(id: &str, merchant: &str) -> Hook {
    let hook = json!({
        "id": id, "url": "http://127.0.0.1:9/", "merchant": merchant, "types": [], "monitor": null, "every_line": false, "from": 0,
        "created": "2026-11-20T10:15:00Z", "secret": "whsec_old", "old_secret": null,
    });
    serde_json::from_value(hook).expect("a hook")
}

/// A delivery that was taken.
pub(super) fn delivery(number: u64) -> Delivery {
    let at = Timestamp::UNIX_EPOCH;
    Delivery {
        number,
        id: format!("wh_1-0-{number}-0"),
        entry: number,
        part: 0,
        kind: "payment.sale".to_owned(),
        state: State::Delivered,
        attempts: 1,
        status: Some(200),
        error: None,
        first_at: at,
        last_at: at,
        next_at: None,
    }
}

/// A ledger that tells nothing.
pub(super) struct Silent;

impl Ledger for Silent {
    fn entry(&self, _: u32, _: u64) -> Result<Recorded, String> {
        Err("silent".to_owned())
    }

    fn identity(&self) -> Option<String> {
        Some(own().log)
    }

    fn ask(&self, _: u32, _: &mut dyn FnMut(&Shard<'_>) -> Result<(), answers::Error>) -> Result<(), String> {
        Err("silent".to_owned())
    }
}

/// A ledger that is asked in vain.
pub(super) struct Broken;

impl Ledger for Broken {
    fn entry(&self, _: u32, _: u64) -> Result<Recorded, String> {
        panic!("broken")
    }

    fn identity(&self) -> Option<String> {
        panic!("broken")
    }

    fn ask(&self, _: u32, _: &mut dyn FnMut(&Shard<'_>) -> Result<(), answers::Error>) -> Result<(), String> {
        panic!("broken")
    }
}
