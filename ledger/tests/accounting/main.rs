//! `ledger/ACCOUNTING.md` is the test: every ```` ```life ```` block of it is folded, and what the page says of each
//! event must be what the ledger writes down. A figure that is wrong there fails here.
//!
//! `UPDATE_ACCOUNTING=1` writes what the ledger says into the page; read the difference before you keep it.

mod life;
mod script;

use std::fmt::Write as _;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/ACCOUNTING.md");

#[test]
fn the_page_says_what_the_ledger_does() {
    let page = std::fs::read_to_string(PAGE).expect("the page is there");
    let folded = refold(&page);
    if std::env::var_os("UPDATE_ACCOUNTING").is_some() {
        std::fs::write(PAGE, &folded).expect("the page can be written");
        return;
    }
    let mut differences = String::new();
    for (at, (said, is)) in page.lines().zip(folded.lines()).enumerate() {
        if said != is {
            let _ = writeln!(differences, "line {}:\n  page   {said}\n  ledger {is}", at + 1);
            break;
        }
    }
    assert!(page == folded, "ACCOUNTING.md and the ledger differ\n{differences}");
    assert!(folded.matches("```life").count() >= 15, "the page has lost its lives");
}

/// The page with the answers of every life written anew.
fn refold(page: &str) -> String {
    let mut out = String::new();
    let mut block: Option<Vec<&str>> = None;
    for line in page.lines() {
        match (&mut block, line.trim_end()) {
            (None, "```life") => {
                block = Some(Vec::new());
                out.push_str("```life\n");
            }
            (Some(lines), "```") => {
                out.push_str(&life::run(lines));
                out.push_str("```\n");
                block = None;
            }
            (Some(lines), _) => lines.push(line),
            (None, _) => {
                out.push_str(line);
                out.push('\n');
            }
        }
    }
    assert!(block.is_none(), "a life is not closed");
    out
}
