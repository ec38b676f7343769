//! What a part cost: time, processor time, disk, memory. Linux tells all of it of a process.

use std::path::Path;
use std::time::Duration;

/// One part's figures, an event.
pub struct Figures {
    /// As in `--json`.
    pub name: &'static str,
    /// Events in a second of the clock.
    pub events_per_second: f64,
    /// Nanoseconds of processor time, of all threads.
    pub cpu_ns_per_event: f64,
    /// Bytes that lie on disk after a clean end.
    pub disk_bytes_per_event: f64,
    /// Bytes that were written to the disk, also such as were written again later.
    pub written_bytes_per_event: f64,
    /// The most memory that the process had, its records in memory included.
    pub peak_rss_mb: u64,
}

/// Runs a part; it answers how long it took, and what lies on disk.
pub fn measure(name: &'static str, count: usize, work: impl FnOnce() -> (Duration, u64)) -> Figures {
    // What is not to be had is told as nothing.
    let _ = std::fs::write("/proc/self/clear_refs", "5");
    let (processor, written) = (processor_time(), bytes_written());
    let (taken, disk) = work();
    let an_event = |sum: u64| sum as f64 / count as f64;
    Figures {
        name,
        events_per_second: count as f64 / taken.as_secs_f64(),
        cpu_ns_per_event: an_event((processor_time() - processor).as_nanos() as u64),
        disk_bytes_per_event: an_event(disk),
        written_bytes_per_event: an_event(bytes_written() - written),
        peak_rss_mb: number_after(&read("/proc/self/status"), "VmHWM:") >> 10,
    }
}

impl Figures {
    /// One line of JSON.
    pub fn json(&self) -> String {
        let rounded = |figure: f64| figure.round() as u64;
        serde_json::json!({
            "name": self.name,
            "events_per_second": rounded(self.events_per_second),
            "cpu_ns_per_event": rounded(self.cpu_ns_per_event),
            "disk_bytes_per_event": rounded(self.disk_bytes_per_event),
            "written_bytes_per_event": rounded(self.written_bytes_per_event),
            "peak_rss_mb": self.peak_rss_mb,
        })
        .to_string()
    }

    /// A line for people.
    pub fn line(&self, what: &str) -> String {
        format!(
            "{what:<48} {:>9.0} events/s {:>7.0} ns of processor time an event, {:>5.0} bytes on disk, {:>5.0} written, {:>5} MB",
            self.events_per_second, self.cpu_ns_per_event, self.disk_bytes_per_event, self.written_bytes_per_event, self.peak_rss_mb
        )
    }
}

/// Processor time of this process, all threads: what a busy machine does not blur. Linux counts it in hundredths.
pub fn processor_time() -> Duration {
    let stat = read("/proc/self/stat");
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks: u64 = fields.iter().skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
    Duration::from_millis(ticks * 10)
}

fn bytes_written() -> u64 {
    number_after(&read("/proc/self/io"), "\nwrite_bytes:")
}

/// Bytes of all files below a directory.
pub fn bytes_below(directory: &Path) -> u64 {
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    let bytes = |entry: std::fs::DirEntry| match entry.metadata() {
        Ok(data) if data.is_dir() => bytes_below(&entry.path()),
        Ok(data) => data.len(),
        Err(_) => 0,
    };
    entries.map(bytes).sum()
}

fn read(path: &str) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}

fn number_after(text: &str, word: &str) -> u64 {
    let rest = text.split(word).nth(1).unwrap_or_default();
    rest.split_whitespace().next().and_then(|number| number.parse().ok()).unwrap_or_default()
}
