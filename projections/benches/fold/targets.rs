//! What was aimed at, and whether it holds. Rates are compared within one run, because machines differ.

use super::measure::Figures;

/// One target: what it is about, what it is, what was measured, whether it holds; `None`: not by this command.
struct Target {
    what: &'static str,
    target: &'static str,
    measured: Option<(String, bool)>,
}

/// The table, a line a target.
pub fn table(figures: &[Figures]) -> Vec<String> {
    let of = |name: &str| figures.iter().find(|part| part.name == name);
    let rate = |name: &str| of(name).map(|part| part.events_per_second);
    let quotient = rate("views").zip(rate("decode")).map(|(views, decode)| views / decode);
    let bytes = |figure: Option<f64>, most: f64| figure.map(|bytes| (format!("{bytes:.0}"), bytes <= most));
    let elsewhere = |what, target| Target { what, target, measured: None };
    let targets = [
        Target { what: "all views, of decode alone", target: ">= 0.16", measured: quotient.map(|ratio| (format!("{ratio:.3}"), ratio >= 0.16)) },
        Target { what: "disk, bytes an event", target: "<= 130", measured: bytes(of("views").map(|part| part.disk_bytes_per_event), 130.0) },
        Target { what: "written, bytes an event", target: "<= 450", measured: bytes(of("views").map(|part| part.written_bytes_per_event), 450.0) },
        elsewhere("all views, of those of 3d4d2cb: ./dev bench --beside 3d4d2cb", ">= 5"),
        elsewhere("to durable commit, of that of 3d4d2cb: likewise", ">= 3"),
        elsewhere("10 M events against 1 M: --events 10000000", ">= 0.9"),
        elsewhere("100 000 merchants against 10 000: --merchants 100000", ">= 0.7"),
        elsewhere("one merchant with half of all: --hot", ">= 1"),
        elsewhere("draining Kafka, of a bare consumer: load-tests drain", ">= 0.3"),
        elsewhere("memory of it: load-tests drain --records 10000000", "<= 2 GB"),
        elsewhere("POST ?wait=true, one client, p50 and p99: load-tests latency", "1.5, 5 ms"),
        elsewhere("balances of /healthz, p99 beside 8 000 events/s: likewise", "60 %, 5 ms"),
        elsewhere("an empty directory; descriptors; after SIGKILL: likewise", "20 MB, 80, 1 s"),
        elsewhere("close of a day: load-tests close --merchants 200000 --at-most-ms 300", "<= 0.3 s"),
    ];
    targets.iter().map(line).collect()
}

fn line(target: &Target) -> String {
    let (measured, holds) = match &target.measured {
        Some((measured, true)) => (measured.as_str(), "holds"),
        Some((measured, false)) => (measured.as_str(), "missed"),
        None => ("-", "not measured here"),
    };
    format!("{:<70} {:>8} {measured:>8} {holds}", target.what, target.target)
}
