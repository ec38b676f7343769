//! What `check-config` says of Kafka's client: no broker is needed for that.

use super::support::{binary, directory};
use std::process::{Command, Output};

fn check(file: &str, environment: &[(&str, &str)]) -> Output {
    let directory = directory();
    let path = directory.path().join("ledger.toml");
    std::fs::write(&path, file).expect("a file");
    Command::new(binary()).args(["check-config", "--config"]).arg(&path).envs(environment.iter().copied()).output().expect("the binary runs")
}

#[test]
fn the_example_of_the_readme_is_taken_and_the_build_says_what_it_can() {
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../README.md")).expect("README.md");
    let example = readme.split("```toml\n").skip(1).find(|part| part.contains("[kafka]")).and_then(|part| part.split("```").next()).expect("an example");
    // The bank's own authority is not on this machine.
    let example: String = example.lines().filter(|line| !line.contains("ssl.ca.location")).map(|line| format!("{line}\n")).collect();
    let checked = check(&example, &[("MERCHANT_LEDGER_KAFKA_SASL_PASSWORD", "hidden")]);
    let said = String::from_utf8_lossy(&checked.stdout);
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
    for part in ["librdkafka", "gzip", "snappy", "lz4", "zstd", "ssl", "sasl_scram", "sasl_oauthbearer", "sasl.password", "security.protocol"] {
        assert!(said.contains(part), "{part} is not in {said}");
    }
    assert!(!said.contains("hidden"), "{said}");
}

#[test]
fn what_safety_rests_on_and_what_the_build_cannot_do_end_with_2_and_the_reason() {
    for (file, environment, said) in [
        ("[kafka]\n'isolation.level' = 'read_uncommitted'", vec![], vec!["isolation.level", "aborted"]),
        ("[kafka]\nacks = '0'", vec![], vec!["acks", "replica"]),
        ("[kafka]\n'sasl.mechanism' = 'GSSAPI'\n'security.protocol' = 'sasl_ssl'", vec![], vec!["GSSAPI"]),
        (
            "[kafka]\n'security.protocol' = 'ssl'\n'ssl.ca.location' = '/nowhere.pem'",
            vec![],
            vec!["ssl.ca.location of kafka in", "/nowhere.pem", "right would be a file"],
        ),
        ("", vec![("MERCHANT_LEDGER_KAFKA_ENABLE_AUTO_COMMIT", "true")], vec!["MERCHANT_LEDGER_KAFKA_ENABLE_AUTO_COMMIT", "journal"]),
        ("", vec![("MERCHANT_LEDGER_BROKER", "localhost:9092")], vec!["MERCHANT_LEDGER_BROKER", "MERCHANT_LEDGER_BROKERS"]),
    ] {
        let checked = check(file, &environment);
        let error = String::from_utf8_lossy(&checked.stderr);
        assert_eq!(checked.status.code(), Some(2), "{error}");
        for part in said {
            assert!(error.contains(part), "{part} is not in {error}");
        }
    }
    let checked = check("", &[("MERCHANT_LEDGER_SOMETHING_ELSE", "x")]);
    assert!(checked.status.success() && String::from_utf8_lossy(&checked.stdout).contains("MERCHANT_LEDGER_SOMETHING_ELSE"));
}
