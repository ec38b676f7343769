//! The AsyncAPI document, judged by AsyncAPI's own parser, and by a consumer that knows nothing else: its types are generated of the
//! document, and it finds what HTTP answers.

use super::reader::{ENTRIES, python, read, settings, written};
use super::support::{PARTITIONS, Topic, WAIT_MAX, directory, heads, start};
use load_tests::kafka::broker::Broker;
use load_tests::kafka::producer::Outgoing;
use load_tests::load::traffic::Traffic;
use load_tests::streams::reader::PYTHON_PATH;
use schemas::partition::partition_of;
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;

const DOCUMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../schemas/asyncapi.yaml");
const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/streams/typed.py");
/// What AsyncAPI's parser finds in a document: a line each.
const PARSE: &str = "const { Parser } = require('@asyncapi/parser');\n\
    new Parser().parse(require('fs').readFileSync(process.argv[1], 'utf8')).then(({ document, diagnostics }) => {\n\
    \x20 diagnostics.forEach(found => console.log(`${found.severity} ${found.path.join('.')}: ${found.message}`));\n\
    \x20 console.log(document ? `channels ${document.channels().length}` : 'no document');\n\
    });";

/// Lines of the parser; nothing where it is not there: skip the test.
fn parsed(document: &Path) -> Option<Vec<String>> {
    let tools = std::env::var_os("MERCHANT_LEDGER_ASYNCAPI");
    let output = tools.and_then(|tools| Command::new("node").arg("-e").arg(PARSE).arg(document).current_dir(tools).output().ok());
    let Some(output) = output else {
        assert!(std::env::var("CI").as_deref() != Ok("true"), "CI skips nothing, and MERCHANT_LEDGER_ASYNCAPI names no AsyncAPI parser");
        eprintln!("*** MERCHANT_LEDGER_ASYNCAPI names no AsyncAPI parser: the document is not judged by it; ./dev test installs it ***");
        return None;
    };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(String::from_utf8(output.stdout).expect("UTF-8").lines().map(str::to_owned).collect())
}

#[test]
fn asyncapis_own_parser_takes_the_document() {
    let Some(lines) = parsed(Path::new(DOCUMENT)) else { return };
    // Severity 0 is an error, 1 a warning; above are hints, of which one says that there is a newer version of AsyncAPI.
    let wrong: Vec<&String> = lines.iter().filter(|line| line.starts_with(['0', '1'])).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(lines.last().map(String::as_str), Some("channels 5"));
    // It would say so.
    let directory = directory();
    let broken = directory.path().join("broken.yaml");
    let text = std::fs::read_to_string(DOCUMENT).expect("a document").replace("\"action\": \"send\"", "\"action\": \"shout\"");
    std::fs::write(&broken, text).expect("written");
    assert!(parsed(&broken).expect("it was there").iter().any(|line| line.starts_with('0')));
}

#[test]
fn a_consumer_that_knows_the_document_alone_finds_what_answers_say() {
    let (Some(broker), Some(python)) = (Broker::shared(), python()) else { return };
    let (topic, _) = Topic::filled(&broker, "typed", 600);
    let merchant = Traffic::merchant(1);
    let partition = partition_of(merchant.as_bytes(), PARTITIONS);
    topic.put([b"no event".as_slice(), br#"{"id":"x","type":"dance"}"#].map(|value| Outgoing {
        partition,
        key: Some(merchant.clone().into()),
        value: value.to_vec(),
    }));
    let last = topic.flush();
    let directory = directory();
    let (service, client) = start(&settings(&topic, &directory));
    client.caught_up(&last, WAIT_MAX).expect("everything");
    written(&client);
    let entries = read(&python, &broker.address(), &format!("typed-{ENTRIES}"));
    let output = Command::new(&python).args([SCRIPT, DOCUMENT, &broker.address(), "typed"]).env("PYTHONPATH", PYTHON_PATH).output().expect("Python runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let found: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(found["messages"]["LedgerEntry"].as_u64(), u64::try_from(entries.len()).ok());
    assert_eq!(found["codes"], json!({"malformed": 1, "unknown_type": 1}));
    for (key, row) in found["balances"].as_object().expect("balances") {
        let [merchant, book, currency] = *key.split('/').collect::<Vec<_>>().as_slice() else { panic!("{key}") };
        let told = client.get(&format!("/v1/merchants/{merchant}/balances")).expect("balances");
        let told = told["balances"].as_array().expect("rows").iter().find(|told| told["book"] == book && told["currency"] == currency).expect("a row").clone();
        assert_eq!((&row["pending"], &row["payable"]), (&told["pending"], &told["payable"]), "{key}");
    }
    assert!(found["balances"].as_object().expect("balances").len() > 10, "{found}");
    assert!(
        found["net"].as_object().expect("sums").values().all(|net| net.as_i64().is_some()) && found["messages"]["Consumption"].as_u64() > Some(100),
        "{found}"
    );
    let told: u64 = found["heads"].as_object().expect("heads").values().filter_map(Value::as_u64).sum();
    assert!(told > 0 && told <= heads(&client).iter().map(|(entries, _)| entries).sum(), "{found}");
    service.stop().expect("a clean end");
}
