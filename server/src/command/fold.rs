//! `fold`: the pure fold alone, without a journal: records come in on standard input, one JSON object a line, and what
//! became of each goes out, flushed after each record. For judges and experiments.
//!
//! A line is a record and no event, so that offsets may have gaps and a value need not be JSON.

use super::Failure;
use crate::shape::{EntryForm, FoldedForm};
use ledger::entry::{Recorded, Row};
use ledger::rules::Fold;
use ledger::source::Nothing;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;
use std::io::{BufRead, Write};

/// A line of input: a record of partition 0 of 1. Nothing else may stand there: a name that is written wrong would be a value that is missing.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Input<'a> {
    /// Its offset.
    offset: i64,
    /// Its value, as JSON: the bytes are the ones that stand here.
    #[serde(borrow)]
    value: Option<&'a RawValue>,
    /// Its value, where that is no JSON.
    raw: Option<String>,
    /// Its key: nothing is judged by it.
    #[serde(rename = "key", default)]
    _key: Option<IgnoredAny>,
}

/// What a line is.
const LINE: &str = r#"right would be {"offset":0,"value":{…}} with an event as the value, or {"offset":0,"raw":"…"} for a value that is no JSON"#;

/// Folds `input` to its end.
pub fn run(mut input: impl BufRead, mut output: impl Write) -> Result<(), Failure> {
    let mut fold = Fold::open(0, 1, &Nothing).map_err(Failure::failed)?;
    let (mut line, mut rows, mut last) = (String::new(), Vec::new(), None);
    for number in 1u64.. {
        line.clear();
        if input.read_line(&mut line).map_err(Failure::failed)? == 0 {
            break;
        }
        if line.trim().is_empty() {
            continue;
        }
        let record: Input<'_> = serde_json::from_str(&line).map_err(|error| Failure::Usage(format!("line {number}: {error}; {LINE}")))?;
        let value = match (record.value, &record.raw) {
            (Some(value), None) => value.get().as_bytes(),
            (None, Some(raw)) => raw.as_bytes(),
            _ => return Err(Failure::Usage(format!("line {number}: one of \"value\" and \"raw\" is needed; {LINE}"))),
        };
        // A log has each offset once, and in order.
        if let Some(last) = last.filter(|last| record.offset <= *last) {
            return Err(Failure::Usage(format!("line {number}: offset {} does not rise above {last}, the one before it; {LINE}", record.offset)));
        }
        last = Some(record.offset);
        rows.clear();
        let first = fold.next_entry();
        let folded = fold.record(&Nothing, record.offset, value, &mut rows);
        // There is no state but in memory: what fails is a rule.
        folded.map_err(|error| Failure::Failed(format!("line {number}: this version cannot fold it: {}; keep the record and report it", error.0)))?;
        let folded = told(record.offset, first, &rows);
        serde_json::to_writer(&mut output, &folded).map_err(Failure::writing)?;
        output.write_all(b"\n").and_then(|()| output.flush()).map_err(Failure::writing)?;
    }
    Ok(())
}

fn told(offset: i64, first: u64, rows: &[Row]) -> FoldedForm {
    let entries = (first..).zip(rows).map(|(number, row)| EntryForm::new(&Recorded { number, row: row.clone() })).collect();
    FoldedForm { offset, entries }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_record_is_answered_with_what_became_of_it() {
        let input = concat!(
            r#"{"offset":0,"value":{"id":"open","type":"ledger_opened","date":"2026-11-20","time_zone":"Asia/Shanghai"}}"#,
            "\n",
            r#"{"offset":1,"raw":"no json"}"#,
            "\n\n",
            r#"{"offset":5,"value":{"id":"s1","type":"sale","merchant":"M1","occurred_at":"2026-11-20T10:00:00+08:00","payment":"P1","#,
            r#""currency":"CNY","amount":"1.00","card":"debit","scheme":"unionpay"}}"#,
            "\n",
        );
        let mut output = Vec::new();
        run(input.as_bytes(), &mut output).expect("folded");
        let lines: Vec<serde_json::Value> =
            output.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).map(|line| serde_json::from_slice(line).expect("JSON")).collect();
        let told: Vec<_> =
            lines.iter().map(|line| (line["offset"].as_i64(), line["entries"][0]["outcome"].as_str(), line["entries"][0]["code"].as_str())).collect();
        assert_eq!(told, [(Some(0), Some("posted"), None), (Some(1), Some("quarantined"), Some("malformed")), (Some(5), Some("parked"), None)]);
        assert_eq!(lines[2]["entries"][0]["subject"], "M1");
        assert_eq!(lines[2]["entries"][0]["business_date"], "2026-11-20");
    }

    #[test]
    fn a_line_that_is_no_record_is_bad_usage() {
        let again = "{\"offset\":3,\"raw\":\"\"}\n{\"offset\":3,\"raw\":\"\"}";
        let unknown = "{\"offset\":0,\"raw\":\"\",\"partition\":3}";
        for line in [again, unknown, "{}", "{\"offset\":0}", "[]", "{\"offset\":0,\"value\":{},\"raw\":\"\"}", "{\"id\":\"s1\",\"type\":\"sale\"}"] {
            let failure = run(line.as_bytes(), Vec::new()).expect_err(line);
            assert!(matches!(failure, Failure::Usage(_)), "{line}: {failure}");
            assert!(failure.to_string().contains(r#"{"offset":0,"value":{…}}"#), "an event is no record: {failure}");
        }
        let failure = run(again.as_bytes(), Vec::new()).expect_err("the same offset twice").to_string();
        assert!(failure.starts_with("line 2: offset 3 does not rise above 3"), "{failure}");
        run("{\"offset\":0,\"raw\":\"\",\"key\":\"M1\"}".as_bytes(), Vec::new()).expect("a key may stand there");
    }
}
