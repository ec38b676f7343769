//! Which projections have no answers for a while: new ones, and those that this program folds in another version than the one on disk, until
//! they are folded from the first entry. That may take hours, so it is said when it begins, and when it has ended.

use crate::views::Writer;

/// The projections of a shard that have no answers yet.
pub(super) struct Missing {
    partition: u32,
    names: Vec<String>,
}

impl Missing {
    /// Of views that were just opened.
    pub fn of(partition: u32, writer: &Writer) -> Self {
        let names = writer.missing();
        if !names.is_empty() {
            let (from, entries) = (writer.building().map_or(0, |(_, at)| at.next_entry), writer.checkpoint().next_entry);
            tracing::warn!(partition, projections = names.join(", "), from, entries, "folded anew, without answers until then; all other projections answer");
        }
        Self { partition, names }
    }

    /// Looks whether they have answers now.
    pub fn note(&mut self, writer: &Writer) {
        if !self.names.is_empty() && writer.building().is_none() {
            let projections = std::mem::take(&mut self.names).join(", ");
            tracing::info!(partition = self.partition, projections, "folded anew; all projections answer");
        }
    }
}
