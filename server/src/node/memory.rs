//! What takes memory, and how much: each part with the budget that it was given.

use super::Node;

/// Bytes of a part, and its bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Memory {
    /// What it is of.
    pub part: &'static str,
    /// Bytes now, about.
    pub used: u64,
    /// Bytes that it may take; none where it is bounded by something else.
    pub budget: Option<u64>,
}

/// Memory of the embedded log: blocks that were read, records that are not in files yet (three buffers of 32 MiB).
const LOG_CACHE_BYTES: u64 = 32 << 20;
const LOG_BUFFER_BYTES: u64 = 96 << 20;

impl Node {
    /// Every part that has a budget, as of now.
    pub fn memory(&self) -> Vec<Memory> {
        let config = &self.config;
        let part = |part, used: u64, mebibytes: u64| Memory { part, used, budget: Some(mebibytes << 20) };
        let bytes = |bytes: usize| bytes as u64;
        let state = self.statuses().iter().map(|status| status.state_bytes).sum();
        let index: usize = self.locals().iter().filter_map(|local| local.journal().ok()).map(|journal| journal.index_bytes()).sum();
        let in_hand: usize = self.locals().iter().map(|local| local.bytes_in_hand()).sum();
        let mut parts = vec![part("state", state, config.state_mib), Memory { part: "journal_index", used: bytes(index), budget: None }];
        if let Some(super::Shared { journals, views, .. }) = self.shared.get() {
            parts.extend([
                part("journal_cache", bytes(journals.cache_bytes_used()), config.journal_cache_mib),
                part("journal_write_buffers", bytes(journals.write_buffer_bytes_used()), config.journal_write_buffer_mib),
                part("views_cache", bytes(views.cache_bytes_used()), config.views_cache_mib),
                part("views_write_buffers", bytes(views.write_buffer_bytes_used()), config.views_write_buffer_mib),
                part("views_rows", bytes(views.row_bytes_used()), config.views_rows_mib),
                part("records", bytes(views.page_bytes_used() + in_hand), config.records_mib),
            ]);
        }
        if let Some(embedded) = &self.embedded {
            let (cache, buffers) = embedded.memory();
            parts.push(Memory { part: "log_cache", used: bytes(cache), budget: Some(LOG_CACHE_BYTES) });
            parts.push(Memory { part: "log_write_buffers", used: bytes(buffers), budget: Some(LOG_BUFFER_BYTES) });
        }
        parts
    }
}

/// Bytes of the whole process that are in memory now; none where the system does not say.
pub fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kibibytes| kibibytes << 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_system_says_how_much_is_resident() {
        assert!(resident_bytes().is_none_or(|bytes| bytes > 1 << 20));
    }
}
