//! Certificates by which no other node would know this one: they are told before anything is opened. No Kafka is asked.

use super::authority::{Authority, Files, Pair};
use super::support::{binary, directory};
use rcgen::ExtendedKeyUsagePurpose;
use std::process::Command;
use std::time::{Duration, SystemTime};

/// Runs a command with the files of a node; its exit code, and what it said.
fn run(command: &str, files: &Files) -> (Option<i32>, String) {
    let place = directory();
    let (file, data) = (place.path().join("ledger.toml"), place.path().join("data"));
    let cluster = "[cluster]\nnode = \"b\"\nadvertise = \"https://localhost:8443\"\n";
    std::fs::write(&file, format!("brokers = \"127.0.0.1:1\"\nlisten = \"127.0.0.1:0\"\n{cluster}{}", files.mutual())).expect("written");
    let output = Command::new(binary()).arg(command).arg("--config").arg(&file).arg("--data").arg(&data).output().expect("the binary runs");
    assert!(!data.exists(), "nothing was opened");
    (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr))
}

#[test]
fn a_certificate_that_its_own_authorities_do_not_take_ends_with_2() {
    let (own, others) = (Authority::new("of nodes"), Authority::new("of others"));
    let ended = Some(SystemTime::now() - Duration::from_secs(60));
    let cases: [(Pair, &str); 3] = [
        (own.pair_until(&[], ended), "ended at"),
        (others.pair(&[]), "no authority of those that are trusted vouches for it"),
        (own.pair(&[ExtendedKeyUsagePurpose::ServerAuth]), "extendedKeyUsage"),
    ];
    for (pair, says) in cases {
        let files = Files::new(&own, &own);
        files.show("node", &pair);
        for command in ["check-config", "serve"] {
            let (code, said) = run(command, &files);
            assert_eq!(code, Some(2), "{command}: {said}");
            for part in ["cluster.tls.certificate = ", "serial", "cluster.tls.authorities", says, "right would be"] {
                assert!(said.contains(part), "{command} does not say {part:?}: {said}");
            }
        }
    }
    // Nor does one do whose authorities are others'.
    let files = Files::new(&own, &own);
    files.vouch(&others.pem());
    let (code, said) = run("check-config", &files);
    assert!(code == Some(2) && said.contains("cluster.tls.certificate = "), "{code:?} {said}");
}

#[test]
fn a_certificate_that_other_nodes_do_not_believe_at_the_address_is_told_and_taken() {
    let (own, others) = (Authority::new("of nodes"), Authority::new("of others"));
    let files = Files::new(&own, &own);
    let (code, said) = run("check-config", &files);
    assert!(code == Some(0) && !said.contains("certificate_"), "{code:?} {said}");
    let ended = own.pair_until(&[], Some(SystemTime::now() - Duration::from_secs(60)));
    for (pair, codes) in [(others.pair(&[]), vec!["certificate_unfit"]), (ended, vec!["certificate_ending", "certificate_unfit"])] {
        files.show("tls", &pair);
        let (code, said) = run("check-config", &files);
        assert_eq!(code, Some(0), "{said}");
        for part in codes {
            assert!(said.contains(&format!("# {part}: tls.certificate: ")), "{said}");
        }
    }
}
