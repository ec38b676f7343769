//! Every code that an answer, an outcome or a shard may have: what it means, and the way out. One table a family; the page
//! `/docs/codes` and the file `docs/CODES.md` are written from them, and `help` in a problem leads to its line.
//!
//! A family's codes are matched whole, so one that is added without a line here does not compile.

use super::parameters::Parameters;
use super::problem::{Code, Problem};
use axum::response::Html;
use ledger::entry::RefusalCode;
use ledger::log::Code as ShardCode;
use schemas::error::QuarantineCode;
use std::fmt::Write;

/// Where the page is.
pub const PAGE: &str = "/docs/codes";

/// Where a code is explained.
pub fn help(code: &str) -> String {
    format!("{PAGE}#{code}")
}

/// What an outcome says for people; where the ledger keeps no more than what was found, with the way out.
pub fn detail(code: Option<&str>, found: Option<String>) -> Option<String> {
    let not_opened = QuarantineCode::NotOpened;
    let example = quarantine(not_opened).way_out.trim_start_matches("Post one first: ");
    found.map(|found| if code == Some(not_opened.as_str()) { format!("{found}, such as {example}") } else { found })
}

/// Whether it takes the ledger's state to tell, so that the record is in the log by then.
const fn is_told_by_the_fold(code: QuarantineCode) -> bool {
    matches!(code, QuarantineCode::Conflict | QuarantineCode::WrongPartition | QuarantineCode::NotOpened | QuarantineCode::AlreadyOpened)
}

/// What a code means, and the way out.
#[derive(Clone, Copy, Debug)]
pub struct Explained {
    /// What was found.
    pub means: &'static str,
    /// What to do.
    pub way_out: &'static str,
}

macro_rules! explained {
    ($all:ident $explain:ident $family:ident: $($name:ident $means:literal $way_out:literal;)*) => {
        /// All of them.
        pub const $all: &[$family] = &[$($family::$name),*];

        /// What a code of this family means, and the way out.
        pub const fn $explain(code: $family) -> Explained {
            match code { $($family::$name => Explained { means: $means, way_out: $way_out }),* }
        }
    };
}

explained! { PROBLEMS problem Code:
    BadParameter "A parameter, a key, a path or a body says what it cannot." "`parameter` names it, and `detail` what would be right: a parameter, a field of the body, or `query`, `path` or `body` as a whole.";
    BadCursor "The cursor is not one of this list." "Begin without `cursor`, and pass each page's `next` on with the same parameters.";
    TooManyRows "A grouped answer would have more than 10 000 rows." "Ask for fewer keys, for a shorter range, or filter by a key.";
    Unauthenticated "The request has no token that is known." "Send `Authorization: Bearer …` with a key that is in force.";
    Forbidden "The caller's role does not allow this." "Ask whoever gives out keys for the role that the operation names.";
    NotFound "There is nothing of that name." "`detail` names what was looked for. `/v1/merchants?q=` finds merchants by the beginning of their id, or by name.";
    MethodNotAllowed "The path does not take this method." "The header `Allow` names those that it takes.";
    NotAcceptable "The answer cannot be told in the form that `Accept` asks for." "`detail` names the forms that there are.";
    NotClosed "The date is not closed, so its figures may still change." "Ask for a closed date, or close the open one: `merchant-ledger close-day`.";
    AlreadyReplayed "The record was sent again before, or an event of its id lies on the partition where it belongs." "`detail` says where it lies now.";
    Masked "The record held card data, which is not kept." "Send the event again, without it.";
    Parked "A strict request's event waits for something that has not come." "`waits_for` says for what, of a retry in `of`: send that, and it leaves by itself, or waits for what it needs next.";
    Mixed "A control event did not end alike on every partition." "`partitions` in the result tells each; send it again where it is missing.";
    RequestTimeout "The request did not arrive in time." "Send it without pauses; `[limits]` of the configuration has the times.";
    TooLarge "The body is too long, or the event is." "At most 64 KiB an event, and 10 000 events or 8 MiB a body: send several bodies.";
    UnsupportedMediaType "The body is of a type, or in an encoding, that is not read." "Send `application/json` or `application/x-ndjson`; `detail` names what else is read.";
    TooManyRequests "More requests than are served at a time." "Ask again after `Retry-After`, or when fewer are under way.";
    NotCaughtUp "A partition has not got to a position that was asked for." "Ask again, or with a longer `wait_ms`. `/readyz` says how far each partition is.";
    Unavailable "A partition, or the log, does not answer; or a projection is folded anew (`reason` `views_behind`); or this node has too many questions at a time, or no room for the body (`reason` `busy`)." "`/readyz` says which and why. Ask again when it does; where the answer has `Retry-After`, after that.";
    Internal "The server failed." "Its log says why, under the time of the request. Nothing was changed by the request.";
}

explained! { QUARANTINED quarantine QuarantineCode:
    Malformed "Not JSON, not an object, a key twice, or nested too deep." "Send one JSON object an event; of several, one a line as `application/x-ndjson`.";
    UnknownType "No event type of this name is published." "The types are in `/openapi.json` and in `schemas/json`.";
    MissingField "A field that the type needs is absent." "`detail` names it.";
    BadField "A field says nothing that can be meant." "`detail` names it, with what would be right.";
    BadAmount "An amount is no decimal string above zero in its currency." "A string of digits and a point, with at most the currency's decimals: `\"128.50\"`.";
    BadContract "A contract cannot be applied, or a name in a new one is mistyped." "`detail` names the member by its path, with what would be right.";
    CardData "Somewhere in the record is a card number, or a long id of digits alone that passes for one: in a text, as a JSON number, or in a name." "Send a token in its place. Nothing of the number was kept. A long id is sent as a string with a letter before it: `t4200…`.";
    Conflict "Another event with the same id was here first." "Give each event an id of its own; to correct an event, send the event that undoes it.";
    WrongPartition "The record is on another partition than its key belongs on." "Set the producer's partitioner to murmur2 (librdkafka: `partitioner=murmur2_random`).";
    NotOpened "The partition has no `ledger_opened` yet." "Post one first: `{\"id\":\"open\",\"type\":\"ledger_opened\",\"date\":\"2026-11-23\",\"time_zone\":\"Asia/Shanghai\"}`.";
    TooLarge "The record is above 64 KiB." "Send what is not the ledger's elsewhere.";
    AlreadyOpened "The partition has its `ledger_opened` already." "Go on with the date that is open: `business_date` in `/readyz`.";
}

explained! { REFUSED refusal RefusalCode:
    InsufficientFunds "The money is not there to be taken." "`/v1/merchants/{m}/balances` says what is payable, and when more will be.";
    AlreadyCleared "The payment has cleared, or its date has closed." "Undo it by a `refund`.";
    AlreadyExists "A payment, hold, payout or dispute of this id is there already." "Give it an id of its own.";
    ExceedsCaptured "More than what is left of the payment." "`/v1/merchants/{m}/payments/{p}` says what was captured, refunded and charged back.";
    ExceedsPreauth "More than was pre-authorised allows." "Increase the pre-authorisation first, or complete less.";
    ExceedsOwed "More than the merchant owes." "`owed` in its balances says how much.";
    NotOpen "What it is about was seen, and is closed, or was itself refused." "The event before says why: `/v1/merchants/{m}/entries?payment=`.";
    CurrencyMismatch "The currency is not that of what it is about." "A payment, hold or payout keeps its currency. A sale that is paid out in another one has `settled_currency` and `rate`.";
    SameMakerChecker "Who made it has also checked it." "Let another person check it.";
    MissingOrder "A seizure without the order that it follows." "Send it with `order`.";
    WrongDate "The date does not fit the open one." "`detail` names the open one: dates close one after the other; what an opening balance is due on comes after it, what an opening payment was booked on before it.";
    ExpiredInPark "What it waited for did not come in time." "Send what was missing, then the event again under a new id.";
}

explained! { SHARDS shard ShardCode:
    KafkaUnreachable "No broker answers, TLS does not come about, or a partition has no leader." "It comes back by itself; `detail` says which. Check `--brokers`, the network, `security.protocol` and `ssl.…` in `[kafka]`.";
    AccessDenied "Kafka refuses the service's user: a wrong password or token, or a right on the topic that is missing." "It comes back by itself once `sasl.…` in `[kafka]` is right, or the right is granted.";
    TopicMissing "Kafka answers, and has no such topic." "It comes back by itself once the topic is there, with the partitions that the ledger was opened with.";
    TopicRecreated "The topic has the old name, and is another one." "Point the service at the topic that it has folded, or fold the new one into an empty data directory.";
    LogTruncated "Kafka lost acknowledged records." "Bring the log back from a replica, or `restore` a backup from before the loss.";
    LogExpired "Retention took records that were never folded." "`restore` a backup whose cursor lies within the log. Switch the topic's retention off.";
    PartitionsChanged "The topic has another number of partitions than the ledger." "A merchant's events would change partitions. Copy the records, each merchant's in their order, into a topic of the old number, and fold that into a new, empty data directory: this one would say `topic_recreated` of it. The streams of the new one need topics of their own, or emptied ones.";
    TransactionOpen "A producer's transaction stays open, and what lies behind it must not be read yet." "It passes when the transaction ends, at its `transaction.timeout.ms` and up to 10 s more. To end it now, restart that producer. One whose end was never written does not pass: `kafka-transactions.sh find-hanging` shows it, `abort --topic … --partition … --start-offset …` ends it.";
    ReaderStalled "Nothing comes although there is something to read, or a record cannot be read." "A long stretch of aborted records passes by itself. If it stays, look at the record there with another consumer, and report it.";
    RegistryUnreachable "The schema registry does not answer, or refuses the service's user." "By itself, once it answers. See `[registry]`: `url`, `user`, `password`, `certificates`. Nothing is skipped.";
    SchemaUnknown "A record is framed by the id of a schema that the registry does not have, or that is not read." "Where the registry does not have it, by itself once it has. Where it is not read, have the producer write with one that is. Or let `[registry] set_aside` name the id, on every node and for ever.";
    SchemaRefused "The registry does not take the schema of a topic that is written." "Nothing is written there. Give the topic another name, or see what its subject holds and which compatibility it asks for.";
    DiskFull "The disk of the data directory is full." "Make room; it goes on by itself. Nothing that was committed is lost.";
    DiskFailing "The disk does not read or write." "It goes on by itself once the disk does. Look at the system's log.";
    Permission "The service's user may not read or write the data directory, or its disk is read-only." "Give it the right; it goes on by itself.";
    TooManyFiles "The process may not open more files." "Raise the limit (`ulimit -n`); it goes on by itself.";
    InUse "Another process has the data directory." "End that one, or name another directory with `--data`.";
    OtherFormat "What is on disk is of a format that this version does not read." "Use the version that wrote it, or fold the log into an empty data directory.";
    Misplaced "What is in the directory belongs to another partition or ledger." "Put it back where it belongs, or fold the log into an empty data directory.";
    Corrupt "What is on disk is not what was written." "`detail` says what. `restore` a backup, or remove that shard's directory and fold it again from the log.";
    FoldFailed "This version cannot fold a record, which `detail` names: a rule that must hold does not. All before it is folded and answered, and nothing behind it." "Keep the record and report it: a later version folds it, from there on. A restart, a backup or an empty directory meets the same record again.";
    TopicRefuses "A topic that is written does not take a record: it is compacted, or takes none so large, or none of this time." "By itself, once the topic takes it; `detail` says what it refuses. A topic of `[streams]` is not compacted, except that of heads; see its `cleanup.policy`, `max.message.bytes` and `message.timestamp.…`.";
    StreamForeign "A topic of `[streams]` has records of another ledger, or another number of partitions than the input." "Nothing is written there. Give this ledger a topic of its own, or make that one again.";
    StreamFenced "The producer of a stream was fenced: it stalled, or another process writes the same output." "By itself: a new one finds its place in the topic. If it comes again and again, end the other process.";
    StreamAhead "A stream's topic has entries that the journal does not have yet: it is folded again." "By itself, once the journal gets there.";
    ViewsBehind "The views have not got as far as the journal, and what depends on them waits." "By itself.";
}

/// A family of codes: its heading, where they are met, and each code with what it means.
struct Family {
    heading: &'static str,
    met: &'static str,
    rows: Vec<(&'static str, String, Explained)>,
}

fn families() -> Vec<Family> {
    let status = |code: Code| code.status().as_u16().to_string();
    vec![
        Family {
            heading: "Problems",
            met: "The answer to a request is a problem document (RFC 9457) with this `code`.",
            rows: PROBLEMS.iter().map(|code| (code.as_str(), status(*code), problem(*code))).collect(),
        },
        Family {
            heading: "Records that are set aside",
            met: "`POST /v1/events` answers 422 with this `code` and appends nothing. What only the fold can tell is appended and answered with 200 and the outcome `quarantined`. Records that were set aside are in `/v1/quarantine`, also those that came by Kafka.",
            rows: QUARANTINED
                .iter()
                .map(|code| (code.as_str(), if is_told_by_the_fold(*code) { "200" } else { "422" }.to_owned(), quarantine(*code)))
                .collect(),
        },
        Family {
            heading: "Events that are refused",
            met: "The event was read and appended, and a rule said no: its outcome is `refused` with this `code`.",
            rows: REFUSED.iter().map(|code| (code.as_str(), String::new(), refusal(*code))).collect(),
        },
        Family {
            heading: "Shards that stand still",
            met: "`/readyz` names the partition with this `code`; it answers from what was committed.",
            rows: SHARDS.iter().map(|code| (code.as_str(), String::new(), shard(*code))).collect(),
        },
    ]
}

/// `GET /docs/codes`
pub async fn page(parameters: Parameters) -> Result<Html<String>, Problem> {
    parameters.only_of_text(&[])?;
    Ok(Html(html()))
}

fn html() -> String {
    const HEAD: &str = "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'><title>Codes</title><style>\
        body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}table{border-collapse:collapse;width:100%}\
        td,th{text-align:left;vertical-align:top;padding:.4rem .6rem;border-bottom:1px solid #8884}tr:target{background:#fd08}\
        @media(prefers-color-scheme:dark){body{background:#111;color:#ddd}a{color:#8bf}}</style>\
        <h1>Codes</h1><p>Every code that this service tells, what it means, and the way out. <a href=/docs>The API</a>";
    let mut text = HEAD.to_owned();
    let mut seen = Vec::new();
    for Family { heading, met, rows } in families() {
        let _ = write!(text, "<h2>{heading}</h2><p>{}<table><tr><th>code<th>status<th>means<th>the way out", marked_up(met));
        for (code, status, Explained { means, way_out }) in rows {
            // A code that two families have is found in the first.
            let anchor = if seen.contains(&code) { String::new() } else { format!(" id={code}") };
            seen.push(code);
            let _ = write!(text, "<tr{anchor}><td><code>{code}</code><td>{status}<td>{}<td>{}", marked_up(means), marked_up(way_out));
        }
        text.push_str("</table>");
    }
    text
}

/// Text with `code` in backticks as HTML.
fn marked_up(text: &str) -> String {
    let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let parts = escaped.split('`').enumerate();
    parts.map(|(at, part)| if at % 2 == 1 { format!("<code>{part}</code>") } else { part.to_owned() }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/CODES.md");

    /// The page as Markdown: the file `docs/CODES.md`.
    fn markdown() -> String {
        let mut text = String::from(
            "# Codes\n\nEvery code that the service tells, what it means, and the way out. Codes never change their meaning. A running server shows this page at `/docs/codes`.\n",
        );
        for Family { heading, met, rows } in families() {
            // Writing to a string does not fail.
            let _ = write!(text, "\n## {heading}\n\n{met}\n\n| code | status | means | the way out |\n|---|---|---|---|\n");
            for (code, status, Explained { means, way_out }) in rows {
                let _ = writeln!(text, "| `{code}` | {status} | {means} | {way_out} |");
            }
        }
        text
    }

    /// `UPDATE_OPENAPI=1` writes the file anew, with the OpenAPI document.
    #[test]
    fn the_page_of_codes_beside_the_openapi_document_is_the_one_that_is_served() {
        let text = markdown();
        if std::env::var_os("UPDATE_OPENAPI").is_some() {
            std::fs::write(FILE, &text).expect("written");
        }
        assert!(std::fs::read_to_string(FILE).expect("docs/CODES.md") == text, "UPDATE_OPENAPI=1 cargo test --release -p server --lib openapi writes it anew");
        assert_eq!(PROBLEMS, Code::ALL, "each problem has its line");
        let html = html();
        for family in families() {
            for (code, _, _) in family.rows {
                assert!(html.contains(&format!("<tr id={code}>")), "{code} is led to");
            }
        }
    }
}
