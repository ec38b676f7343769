//! `import` of what was imported before: the same file under another name, one that was corrected, one that repeats days, and rows of two files
//! that are equal. Nothing is told twice, nothing is lost, and what is not taken is told with its line.

mod support;

use serde_json::{Value, json};
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use support::Server;
use support::events::{contract, contract_set, opened, sale};

const NOON: &str = "2026-11-23T12:00:00+08:00";
const MAPPING: &str = "source = \"bank:1\"\ncurrency = \"CNY\"\n[columns]\namount = \"amount\"\ndate = \"date\"\nkind = \"kind\"\nreference = \"reference\"\n\
                       payout = \"payout\"\nmerchant = \"merchant\"\n";

struct Place {
    directory: tempfile::TempDir,
    server: Server,
}

impl Place {
    fn new() -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let server = Server::start(&directory.path().join("data"));
        server.event(&opened("2026-11-23"));
        let mut terms = contract();
        terms["aliases"] = json!({"1": "shop"});
        server.posted(&contract_set("c-1", "M1", terms));
        fs::write(directory.path().join("mapping.toml"), MAPPING).expect("written");
        Self { directory, server }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Imports a file of these rows, and answers what was said.
    fn import(&self, code: i32, name: &str, rows: &[&str], more: &[&str]) -> String {
        let text = format!("amount,date,kind,reference,payout,merchant\n{}\n", rows.join("\n"));
        fs::write(self.path(name), text).expect("written");
        let mut command = Command::new(env!("CARGO_BIN_EXE_merchant-ledger"));
        command.args(["import", "--format", "csv", "--url", &self.server.base]).args(more);
        let output = command.arg("--mapping").arg(self.path("mapping.toml")).arg(self.path(name)).output().expect("the binary runs");
        let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert_eq!(output.status.code(), Some(code), "{said}");
        said
    }

    /// Name, lines and state of each report, by name.
    fn reports(&self) -> Vec<String> {
        let rows = self.server.get_json("/v1/reconciliation/reports")["rows"].clone();
        let row = |row: &Value| format!("{} {} {}", row["report"].as_str().unwrap_or("-"), row["lines"], row["state"].as_str().unwrap_or("-"));
        let mut reports: Vec<String> = rows.as_array().expect("rows").iter().map(row).collect();
        reports.sort();
        reports
    }

    fn quarantined(&self) -> usize {
        self.server.get_json("/v1/quarantine")["rows"].as_array().map_or(0, Vec::len)
    }
}

const A: &str = "1.00,2026-11-23,sale,R1,,";
const B: &str = "2.00,2026-11-23,sale,R2,,";
const C: &str = "3.00,2026-11-23,sale,R3,,";

#[test]
fn the_same_file_under_another_name_changes_nothing() {
    let place = Place::new();
    assert!(place.import(0, "a.csv", &[A, B], &[]).contains("2 new, 0 seen before"));
    let said = place.import(0, "a(1).csv", &[A, B], &[]);
    assert!(said.contains("2 lines were taken before, in report \"a.csv\": lines 2 (there 2), 3 (there 3)") && said.contains("0 new, 2 seen before"), "{said}");
    assert!(place.import(0, "a(1).csv", &[A, B], &["--dry-run"]).contains("in report \"a.csv\""));
    assert!(place.import(0, "a.csv", &[A, B], &[]).contains("0 new, 2 seen before"), "under its own name, too");
    assert_eq!((place.reports(), place.quarantined()), (vec!["a.csv 2 complete".to_owned()], 0));
}

#[test]
fn a_file_that_was_corrected_sends_what_it_has_more() {
    let place = Place::new();
    place.import(0, "a.csv", &[A, B], &[]);
    let said = place.import(0, "a.csv", &[C, A, B], &[]);
    assert!(said.contains("lines 3 (there 2), 4 (there 3)") && said.contains("1 new, 2 seen before"), "{said}");
    assert_eq!((place.reports(), place.quarantined()), (vec!["a.csv 3 complete".to_owned()], 0));
    // Under another name it is a report of what it has more.
    let said = place.import(0, "b.csv", &["4.00,2026-11-23,sale,R4,,", C, A, B], &[]);
    assert!(said.contains("1 new, 3 seen before"), "{said}");
    assert!(place.import(0, "b.csv", &["4.00,2026-11-23,sale,R4,,", C, A, B], &[]).contains("0 new, 4 seen before"));
    assert_eq!((place.reports(), place.quarantined()), (vec!["a.csv 3 complete".to_owned(), "b.csv 1 complete".to_owned()], 0));
    // A row that was taken and is not in the file any more stays.
    assert!(place.import(0, "a.csv", &[C, A], &[]).contains("warning: report \"a.csv\" is incomplete: 3 lines"));
}

#[test]
fn a_row_that_is_equal_to_one_of_another_file_is_told_and_sent_apart() {
    let place = Place::new();
    place.import(0, "a.csv", &[A, B], &[]);
    let said = place.import(1, "b.csv", &[C, A], &[]);
    assert!(said.contains("b.csv: 1 lines are equal to lines of report \"a.csv\"") && said.contains("lines 3 (there 2)"), "{said}");
    assert!(said.contains("--apart") && said.contains("1 new, 1 seen before"), "{said}");
    assert_eq!(place.reports(), ["a.csv 2 complete", "b.csv 1 complete"]);
    assert!(place.import(0, "b.csv", &[C, A], &["--apart"]).contains("1 new, 1 seen before"));
    assert!(place.import(0, "b.csv", &[C, A], &["--apart"]).contains("0 new, 2 seen before"));
    assert_eq!((place.reports(), place.quarantined()), (vec!["a.csv 2 complete".to_owned(), "b.csv 2 complete".to_owned()], 0));
}

/// Of a long file a sample is looked up, and one equal row among many is not in it: the ledger refuses it, and the way out sends it alone.
#[test]
fn an_equal_row_of_a_long_file_is_told_by_its_line() {
    let place = Place::new();
    place.import(0, "a.csv", &[A, B], &[]);
    let rows: Vec<String> = (0..200).map(|number| if number == 150 { A.to_owned() } else { format!("1.00,2026-11-23,sale,L{number},,") }).collect();
    let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    let said = place.import(1, "b.csv", &rows, &[]);
    assert!(said.contains("199 new, 0 seen before") && said.contains("1 lines were not taken, and the report is not closed"), "{said}");
    assert!(said.contains("line 152: it is equal to line 2 of report \"a.csv\"") && said.contains("--apart"), "{said}");
    assert_eq!(place.reports(), ["a.csv 2 complete", "b.csv 199 open"]);
    assert!(place.import(0, "b.csv", &rows, &["--apart"]).contains("1 new, 199 seen before"));
    assert_eq!(place.reports(), ["a.csv 2 complete", "b.csv 200 complete"]);
}

#[test]
fn a_file_that_repeats_earlier_days_tells_nothing_twice() {
    let place = Place::new();
    let next = "5.00,2026-11-24,sale,R5,,";
    place.import(0, "until-23.csv", &["7.00,2026-11-22,sale,R0,,", A], &[]);
    let said = place.import(0, "until-24.csv", &["7.00,2026-11-22,sale,R0,,", A, next], &["--dry-run"]);
    assert!(said.contains("warning: line 2 is equal to one of report \"until-23.csv\" of 2026-11-23"), "{said}");
    assert!(said.contains("--repeats-days") && said.contains("nothing was sent"), "{said}");
    // What came before the option was used is seen, too.
    let rows = ["7.00,2026-11-22,sale,R0,,", A, next];
    assert!(place.import(0, "until-24.csv", &rows, &["--repeats-days"]).contains("1 new, 2 seen before"));
    assert!(place.import(0, "until-24.csv", &rows, &["--repeats-days"]).contains("0 new, 3 seen before"));
    let rows = ["7.00,2026-11-22,sale,R0,,", A, next, "6.00,2026-11-25,sale,R6,,"];
    fs::write(place.path("mapping.toml"), format!("repeats_days = true\n{MAPPING}")).expect("written");
    assert!(place.import(0, "until-25.csv", &rows, &[]).contains("1 new, 3 seen before"), "by the mapping");
    assert_eq!(place.reports(), ["until-23.csv 2 complete", "until-24.csv 1 complete", "until-25.csv 1 complete"]);
    assert_eq!(place.quarantined(), 0);
}

#[test]
fn a_file_is_seen_whichever_way_its_ids_were_made() {
    let rows = ["7.00,2026-11-22,sale,R0,,", A];
    for (first, then) in [(&[][..], &["--repeats-days"][..]), (&["--repeats-days"], &[])] {
        let place = Place::new();
        assert!(place.import(0, "until-23.csv", &rows, first).contains("2 new, 0 seen before"));
        assert!(place.import(0, "until-23.csv", &rows, then).contains("0 new, 2 seen before"), "{first:?}, {then:?}");
        assert_eq!((place.reports(), place.quarantined()), (vec!["until-23.csv 2 complete".to_owned()], 0), "{first:?}, {then:?}");
    }
}

#[test]
fn a_line_that_came_with_other_facts_is_told() {
    let place = Place::new();
    place.import(0, "a.csv", &[A, B], &[]);
    fs::write(place.path("mapping.toml"), format!("{MAPPING}[kinds]\nsale = \"refund\"\n")).expect("written");
    let said = place.import(1, "b.csv", &[A, B], &[]);
    assert!(said.contains("b.csv:2: the line was taken before, as line 2 of report \"a.csv\", with another kind: sale there, refund here"), "{said}");
    assert!(said.contains("and 1 other lines") && said.contains("nothing was sent"), "{said}");
    assert_eq!(place.quarantined(), 0);
}

/// A line of the payout's own merchant and what confirms the payout are two events: they need two ids.
#[test]
fn payouts_of_the_lines_own_merchant_are_confirmed() {
    for (cell, more) in [("shop", &["--confirm-payouts"][..]), ("", &["--confirm-payouts", "--merchant", "M1"]), ("", &["--confirm-payouts"])] {
        let place = Place::new();
        place.server.posted(&sale("s1", "M1", "P1", "1000.00", "credit", NOON));
        place.server.event(&json!({"id": "close-23", "type": "day_closed", "date": "2026-11-23"}));
        let event =
            json!({"id": "O1", "type": "payout_initiated", "merchant": "M1", "payout": "O1", "amount": "100.00", "currency": "CNY", "occurred_at": NOON});
        place.server.posted(&event);
        let row = format!("100.00,2026-11-24,payout,,O1,{cell}");
        let said = place.import(0, "out.csv", &[&row], more);
        assert!(said.contains("1 new, 0 seen before") && said.contains("1 payouts confirmed, 0 before"), "{cell} {more:?}: {said}");
        assert_eq!(place.server.get_json("/v1/payouts")["rows"][0]["state"], "paid", "{cell} {more:?}");
        assert!(place.import(0, "out.csv", &[&row], more).contains("0 new, 1 seen before"));
        // What comes in under the payout's name came back.
        fs::write(place.path("mapping.toml"), MAPPING.replace("kind = \"kind\"", "kind = \"kind\"\ndirection = \"reference\"")).expect("written");
        let said = place.import(0, "back.csv", &[&format!("100.00,2026-11-25,payout,credit,O1,{cell}")], more);
        assert!(said.contains("1 payouts confirmed, 0 before"), "{cell} {more:?}: {said}");
        assert_eq!(place.server.get_json("/v1/payouts")["rows"][0]["state"], "returned", "{cell} {more:?}");
        assert_eq!(place.quarantined(), 0);
    }
}
