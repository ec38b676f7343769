//! Statements of consecutive dates, one after the other: on random lives, from any start and in any pieces, hledger and
//! beancount must take them together and have what the last one closes with, in the merchant's own books and in the bank's.

mod ledger_tools;
mod support;

use ledger_tools::statements::{closed_dates, closing, own, told};
use ledger_tools::{beancount_prints, hledger_prints, live, merchants};
use std::path::{Path, PathBuf};
use support::Server;

/// Dates of a life that are put together.
const DAYS_MAX: i64 = 9;
const HLEDGER: &str = "text/x-hledger";
const BEANCOUNT: &str = "text/x-beancount";
/// What a ledger needs that includes statements from a later date on than the merchant's first.
const PLUGIN: &str = "plugin \"beancount.plugins.auto_accounts\"\n";

/// How dates are cut into statements: single ones, a range in the middle, all of them.
fn pieces(dates: &[String]) -> Vec<Vec<String>> {
    let range = |dates: &[String]| match dates {
        [one] => one.clone(),
        _ => format!("{}..{}", dates[0], dates[dates.len() - 1]),
    };
    let singles = |dates: &[String]| dates.to_vec();
    let middle = dates.len() / 2;
    vec![singles(dates), vec![range(dates)], [vec![range(&dates[..middle])], singles(&dates[middle..])].concat()]
}

/// One ledger that includes a statement for each piece.
fn included(server: &Server, directory: &Path, merchant: &str, pieces: &[String], view: &str, accept: &str) -> PathBuf {
    let kind = accept.trim_start_matches("text/x-");
    let mut main = String::new();
    for piece in pieces {
        let name = format!("{merchant}.{piece}.{view}.{kind}");
        let path = directory.join(&name);
        if !path.exists() {
            std::fs::write(&path, told(server, merchant, &format!("{piece}?view={view}"), accept)).expect("written");
        }
        main += &if accept == HLEDGER { format!("include {name}\n") } else { format!("include \"{name}\"\n") };
    }
    let path = directory.join(format!("main.{kind}"));
    std::fs::write(&path, main).expect("written");
    path
}

#[test]
fn statements_of_consecutive_dates_make_one_ledger() {
    let seed = 31;
    let directory = tempfile::tempdir().expect("a directory");
    let server = Server::start(&directory.path().join("data"));
    live(&server, seed, 500);
    let dates = closed_dates(&server, DAYS_MAX);
    let mut chains = 0;
    for merchant in merchants(&server) {
        let dates: Vec<String> =
            dates.iter().filter(|date| server.get(&format!("/v1/merchants/{merchant}/statements/{date}")).status == 200).cloned().collect();
        if dates.len() < 4 {
            continue;
        }
        for (first, view) in [(0, "merchant"), (dates.len() / 2, "bank")] {
            for pieces in pieces(&dates[first..]) {
                println!("seed {seed}, merchant {merchant}, {view}, {pieces:?}");
                let last = server.get_json(&format!("/v1/merchants/{merchant}/statements/{}", pieces[pieces.len() - 1]));
                let expected = closing(&last);
                chains += usize::from(!expected.is_empty() && pieces.len() > 1);
                let journal = included(&server, directory.path(), &merchant, &pieces, view, HLEDGER);
                if let Some(read) = hledger_prints(&journal) {
                    assert_eq!(own(&read, view, &merchant), expected, "hledger");
                }
                let ledger = included(&server, directory.path(), &merchant, &pieces, view, BEANCOUNT);
                let text = std::fs::read_to_string(&ledger).expect("a file");
                std::fs::write(&ledger, format!("{PLUGIN}{text}")).expect("written");
                if let Some(read) = beancount_prints(&[&ledger]) {
                    assert_eq!(own(&read, view, &merchant), expected, "beancount");
                }
            }
        }
    }
    assert!(chains > 8, "seed {seed}: only {chains} chains");
}

#[test]
fn from_the_first_statement_on_beancount_needs_nothing_else() {
    let directory = tempfile::tempdir().expect("a directory");
    let server = Server::start(&directory.path().join("data"));
    live(&server, 33, 400);
    // Long enough for all dates of the life.
    let dates = closed_dates(&server, 60);
    let mut judged = 0;
    for merchant in merchants(&server) {
        let dates: Vec<String> =
            dates.iter().filter(|date| server.get(&format!("/v1/merchants/{merchant}/statements/{date}")).status == 200).cloned().collect();
        for view in ["merchant", "bank"] {
            let last = server.get_json(&format!("/v1/merchants/{merchant}/statements/{}", dates[dates.len() - 1]));
            let ledger = included(&server, directory.path(), &merchant, &dates, view, BEANCOUNT);
            if let Some(read) = beancount_prints(&[&ledger]) {
                assert_eq!(own(&read, view, &merchant), closing(&last), "{merchant}, {view}");
                judged += 1;
            }
            // The same files behind each other in one.
            let all: String = dates
                .iter()
                .map(|date| std::fs::read_to_string(directory.path().join(format!("{merchant}.{date}.{view}.beancount"))).expect("a file"))
                .collect();
            let whole = directory.path().join("whole.beancount");
            std::fs::write(&whole, all).expect("written");
            if let Some(read) = beancount_prints(&[&whole]) {
                assert_eq!(own(&read, view, &merchant), closing(&last), "{merchant}, {view}");
            }
        }
    }
    println!("{judged} ledgers of {} dates", dates.len());
}
