//! In which order hooks are written, read and run.
//!
//! Whoever adds, removes or rotates a hook, or keeps how far hooks are, holds the lock of this from before the first look at what is kept
//! until what runs here is the same as what was written: so no two write one hook in turns, and the last one that is written is the one
//! that runs. Reading what is kept may take as long as Kafka does, and is done without the lock; what it found is run under it, all but
//! the hooks that this node changed since the reading began, for what was read of those may be older. Of two readings the one that began
//! later counts, also where it ends first.

use std::collections::BTreeMap;

/// What was changed while hooks are read. Its lock orders those that write them.
#[derive(Default)]
pub(super) struct Writing {
    /// Readings that have begun: the number of the last one.
    begun: u64,
    /// How many of them have not ended.
    open: usize,
    /// The one that began last of those whose hooks run.
    taken: u64,
    /// Hooks that were added, removed or rotated while hooks are read, and how many readings had begun by then.
    changed: BTreeMap<String, u64>,
}

impl Writing {
    /// Hooks are read from now on; the number of the reading.
    pub fn begin(&mut self) -> u64 {
        self.begun += 1;
        self.open += 1;
        self.begun
    }

    /// A hook was written, and runs as it was written.
    pub fn change(&mut self, id: &str) {
        if self.open > 0 {
            self.changed.insert(id.to_owned(), self.begun);
        }
    }

    /// Whether a hook was changed since a reading began.
    pub fn has_changed(&self, id: &str, reading: u64) -> bool {
        self.changed.get(id).is_some_and(|begun| *begun >= reading)
    }

    /// Whether what a reading found is to run: none that began later does.
    pub fn take(&mut self, reading: u64) -> bool {
        let is_latest = reading > self.taken;
        self.taken = self.taken.max(reading);
        is_latest
    }

    /// A reading has ended.
    pub fn end(&mut self) {
        self.open = self.open.saturating_sub(1);
        if self.open == 0 {
            self.changed.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changed_before_a_reading_is_as_it_was_read() {
        let mut writing = Writing::default();
        writing.change("wh_before");
        let first = writing.begin();
        writing.change("wh_1");
        let second = writing.begin();
        writing.change("wh_2");
        assert_eq!(["wh_before", "wh_1", "wh_2"].map(|id| writing.has_changed(id, first)), [false, true, true]);
        assert_eq!(["wh_before", "wh_1", "wh_2"].map(|id| writing.has_changed(id, second)), [false, false, true]);
        assert!(writing.take(second) && !writing.take(first), "the later one counts");
        writing.end();
        assert!(writing.has_changed("wh_1", first), "one is still open");
        writing.end();
        assert!(writing.changed.is_empty());
    }
}
