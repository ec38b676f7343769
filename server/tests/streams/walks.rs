//! What the walks read from topics with Python and DuckDB, run as it stands there.

use super::reader::{CONSUMPTION, ENTRIES, python, settings, written};
use super::support::{Topic, WAIT_MAX, directory, start};
use load_tests::kafka::broker::Broker;
use load_tests::load::traffic::Traffic;
use std::path::Path;
use std::process::Command;

/// The Python of a page.
fn script(page: &str) -> String {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/walks").join(page)).expect("a page");
    let (_, script) = text.split_once("```python\n").expect("a block of Python");
    script.split_once("\n```").expect("its end").0.to_owned()
}

#[test]
fn merchants_and_analysts_read_topics_as_their_walks_say() {
    let (Some(broker), Some(python)) = (Broker::shared(), python()) else { return };
    let (topic, last) = Topic::filled(&broker, "walked", 600);
    let directory = directory();
    let (service, client) = start(&settings(&topic, &directory));
    client.caught_up(&last, WAIT_MAX).expect("everything");
    written(&client);
    let merchant = Traffic::merchant(1);
    let run = |page: &str| {
        let output = Command::new(&python)
            .args(["-c", &script(page)])
            .current_dir(directory.path())
            .env("BROKERS", broker.address())
            .env("ENTRIES", format!("walked-{ENTRIES}"))
            .env("CONSUMPTION", format!("walked-{CONSUMPTION}"))
            .env("MERCHANT", &merchant)
            .output()
            .expect("Python runs");
        assert!(output.status.success(), "{page}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("UTF-8")
    };
    let balances = client.get(&format!("/v1/merchants/{merchant}/balances")).expect("balances")["balances"][0].clone();
    let text = |name: &str| balances[name].as_str().expect("a decimal string").to_owned();
    let expected = format!("{} {} pending {} payable {}", text("book"), text("currency"), text("pending"), text("payable"));
    assert!(run("merchant-developer.md").lines().any(|line| line == expected), "{expected}");
    let table = run("marketing-analyst.md");
    assert!(table.contains("customers") && table.contains("CNY"), "{table}");
    service.stop().expect("a clean end");
}
