//! API keys: rotation, revocation, expiry, rates, the command, and addresses that need them.

use crate::guarded::{OWN, add, config, empty, lived};
use crate::support::Server;
use server::access::key::Key;
use server::access::key_file::{self, Entry};
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

const BINARY: &str = env!("CARGO_BIN_EXE_merchant-ledger");

/// Waits until something is so.
pub fn until(mut is_so: impl FnMut() -> bool) {
    let started = Instant::now();
    while !is_so() {
        assert!(started.elapsed() < Duration::from_secs(30), "it did not come about");
        std::thread::sleep(Duration::from_millis(10));
    }
}

pub fn revoke(file: &std::path::Path, key: &str) {
    let id = Key::parse(key).expect("a key").id;
    let remove = |entries: &mut Vec<Entry>| {
        entries.retain(|entry| entry.id != id.as_str());
        Ok(())
    };
    key_file::change(file, remove).expect("written");
}

#[test]
fn keys_are_rotated_without_a_lost_request_and_a_revoked_one_is_refused_within_a_second() {
    let guarded = lived();
    let path = format!("/v1/merchants/{OWN}/balances");
    let old = guarded.key(&["merchant"], &[OWN]);
    let new = guarded.key(&["merchant"], &[OWN]);
    let (answered, rotated) = (AtomicU64::new(0), AtomicBool::new(false));
    std::thread::scope(|scope| {
        // A user who goes on asking, with the old key and then with the new one.
        let asking = scope.spawn(|| {
            while !rotated.load(Ordering::Relaxed) {
                assert_eq!(guarded.get(&path, Some(&old)).status, 200, "the old key while both live");
                answered.fetch_add(1, Ordering::Relaxed);
            }
            for _ in 0..50 {
                assert_eq!(guarded.get(&path, Some(&new)).status, 200, "the new key");
            }
        });
        until(|| answered.load(Ordering::Relaxed) > 20);
        // The file is written again and again meanwhile.
        for _ in 0..5 {
            add(&guarded.keys, &["marketing"], &[], &[]);
        }
        rotated.store(true, Ordering::Relaxed);
        asking.join().expect("no request was lost");
    });
    revoke(&guarded.keys, &old);
    until(|| guarded.get(&path, Some(&old)).status == 401);
    assert!(2 * server::access::LOOK_EVERY <= Duration::from_secs(1), "files are looked at often enough");
    assert_eq!(guarded.get(&path, Some(&new)).status, 200);
}

#[test]
fn a_file_that_cannot_be_read_leaves_the_keys_in_force_and_is_told_until_it_can_be() {
    let guarded = empty("");
    let key = guarded.key(&["bank"], &[]);
    let text = std::fs::read_to_string(&guarded.keys).expect("keys");
    let told = || guarded.get("/readyz", None).body;
    let metrics = || guarded.get("/metrics", None).body;
    assert!(!told().contains("keys_unread") && metrics().contains("merchant_ledger_file_unread{file=\"keys\"} 0\n"));
    let unread = |says: &str| {
        until(|| told().contains("\"keys_unread\""));
        until(|| told().contains(says));
        assert_eq!(guarded.get("/v1/audit/heads", Some(&key)).status, 200, "the old keys stay in force");
        let metrics = metrics();
        for line in ["merchant_ledger_file_unread{file=\"keys\"} 1\n", "merchant_ledger_warning{code=\"keys_unread\"} 1\n"] {
            assert!(metrics.contains(line), "{metrics}");
        }
    };
    std::fs::write(&guarded.keys, "# broken\n[[key]\n").expect("written");
    unread(": line ");
    std::fs::remove_file(&guarded.keys).expect("removed");
    unread("No such file");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::write(&guarded.keys, &text).expect("written");
        std::fs::set_permissions(&guarded.keys, std::fs::Permissions::from_mode(0o644)).expect("a mode");
        unread("0600");
        std::fs::set_permissions(&guarded.keys, std::fs::Permissions::from_mode(0o600)).expect("a mode");
    }
    #[cfg(not(unix))]
    std::fs::write(&guarded.keys, &text).expect("written");
    until(|| !told().contains("keys_unread"));
    assert_eq!(guarded.get("/v1/audit/heads", Some(&key)).status, 200);
    assert!(metrics().contains("merchant_ledger_file_unread{file=\"keys\"} 0\n"));
}

#[test]
fn a_key_has_a_rate_of_its_own() {
    let guarded = empty("[limits]\nrequests_per_second = 1\nburst = 3");
    let (one, other) = (add(&guarded.keys, &["bank"], &[], &[]), add(&guarded.keys, &["bank"], &[], &[]));
    let asked = |key: &str| guarded.get("/v1/audit/heads", Some(key));
    until(|| guarded.get("/v1/audit/heads", Some(&other)).status != 401);
    let answers: Vec<_> = (0..5).map(|_| asked(&one)).collect();
    let refused = answers.iter().filter(|answer| answer.status == 429).collect::<Vec<_>>();
    assert!(answers[0].status == 200 && !refused.is_empty(), "{answers:?}");
    assert!(refused.iter().all(|answer| answer.head.contains("retry-after: 1") && answer.body.contains("\"too_many_requests\"")), "{refused:?}");
    assert_eq!(guarded.get("/healthz", Some(&one)).status, 200, "what is open has no rate");
}

#[test]
fn metrics_need_a_key_where_that_is_said() {
    let guarded = empty("metrics_key = true");
    let key = guarded.key(&["operator"], &[]);
    assert_eq!((guarded.get("/metrics", None).status, guarded.get("/metrics", Some(&key)).status), (401, 200));
    assert_eq!(guarded.get("/readyz", None).status, 200);
}

fn run(arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = Command::new(BINARY).args(arguments).output().expect("the binary");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[test]
fn the_command_adds_lists_and_revokes() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("keys.toml").display().to_string();
    let (code, key, _) =
        run(&["keys", "add", "--keys", &path, "--role", "merchant", "--merchant", "M1", "--merchant", "M2", "--expires", "2036-01-01", "--note", "till 4"]);
    let key = key.trim_end();
    assert_eq!((code, key.len(), Key::parse(key).is_some()), (Some(0), 55, true), "the key alone is on standard output");
    let id = Key::parse(key).expect("a key").id;
    let (code, listed, _) = run(&["keys", "list", "--keys", &path]);
    assert_eq!(code, Some(0));
    for part in [id.as_str(), "merchant", "M1,M2", "2036-01-01", "till 4"] {
        assert!(listed.contains(part), "{listed}");
    }
    assert!(!listed.contains(&key[12..]), "no secret is listed");
    for wrong in [
        vec!["--role", "merchant"],
        vec!["--role", "boss"],
        vec!["--role", "bank", "--where", "colour=red"],
        vec!["--role", "bank", "--where", "partner"],
        vec!["--role", "bank", "--merchant", "M 1"],
        vec!["--role", "bank", "--expires", "soon"],
        vec!["--role", "bank", "--expires", "2020-01-01"],
        vec!["--role", "bank", "--expires", "2026-01-01T00:00:00+08:00"],
    ] {
        let (code, out, error) = run(&[&["keys", "add", "--keys", &path][..], &wrong].concat());
        assert!(code == Some(2) && out.is_empty() && !error.is_empty(), "{wrong:?}: {code:?} {out} {error}");
    }
    assert_eq!(run(&["keys", "revoke", "--keys", &path, "aaaaaaaa"]).0, Some(1));
    assert_eq!(run(&["keys", "revoke", "--keys", &path, id.as_str()]).0, Some(0));
    assert!(!run(&["keys", "list", "--keys", &path]).1.contains(id.as_str()));
}

/// A key whose secret nobody was told is no key: neither one that a full disk did not take, nor one that nobody read.
#[cfg(target_os = "linux")]
#[test]
fn a_key_that_could_not_be_written_is_taken_out_again() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("keys.toml");
    let kept = add(&path, &["bank"], &[], &[]);
    let before = std::fs::read(&path).expect("a file");
    let full = || std::process::Stdio::from(std::fs::File::options().write(true).open("/dev/full").expect("a device"));
    let nobody = || {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        std::process::Stdio::from(writer)
    };
    for output in [full(), nobody()] {
        let mut command = Command::new(BINARY);
        let command = command.args(["keys", "add", "--role", "bank", "--keys"]).arg(&path).stdout(output).stderr(std::process::Stdio::piped());
        let ended = command.spawn().expect("the binary").wait_with_output().expect("it ends");
        let said = String::from_utf8(ended.stderr).expect("text");
        assert!(ended.status.code() == Some(1) && said.contains("taken out of the file again"), "{:?}: {said}", ended.status);
        assert_eq!(std::fs::read(&path).expect("a file"), before);
    }
    let id = Key::parse(&kept).expect("a key").id;
    assert!(run(&["keys", "list", "--keys", &path.display().to_string()]).1.contains(id.as_str()));
}

/// What is in a note is for people, and their terminal does not obey it.
#[test]
fn a_note_forges_no_row() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("keys.toml");
    let keys = path.display().to_string();
    for note in ["till\n4", "till\r4", "\u{1b}[2J", "till\u{7f}", "\u{9b}2J", "till\u{2028}4", "\u{202e}till"] {
        let (code, out, error) = run(&["keys", "add", "--keys", &keys, "--role", "bank", "--note", note]);
        assert!(code == Some(2) && out.is_empty() && error.contains("--note") && !error.contains(note), "{note:?}: {code:?} {error}");
    }
    assert!(!path.exists(), "no key was made");
    assert_eq!(run(&["keys", "add", "--keys", &keys, "--role", "bank", "--note", "Kasse 4 — 收银台 ü"]).0, Some(0));
    // A file that an earlier version wrote, or a hand.
    let key = Key::generate().expect("a key");
    let note = "till\nabcdefgh  bank \u{1b}[2J".to_owned();
    let entry = Entry { note, ..Entry::new(&key, vec!["bank".to_owned()], Vec::new(), std::collections::BTreeMap::new()) };
    key_file::change(&path, |entries| {
        entries.push(entry);
        Ok(())
    })
    .expect("written");
    let (code, listed, _) = run(&["keys", "list", "--keys", &keys]);
    assert_eq!((code, listed.lines().count()), (Some(0), 3), "{listed}");
    assert!(listed.contains("Kasse 4 — 收银台 ü\n") && listed.contains("till\\nabcdefgh  bank \\u{1b}[2J\n"), "{listed}");
}

/// The file that a server reads is the one that is changed, also where a link leads to it.
#[cfg(unix)]
#[test]
fn a_key_is_revoked_through_a_link() {
    let guarded = empty("");
    let key = guarded.key(&["bank"], &[]);
    let link = guarded.keys.with_file_name("link.toml");
    std::os::unix::fs::symlink(&guarded.keys, &link).expect("a link");
    let path = link.display().to_string();
    let id = Key::parse(&key).expect("a key").id;
    assert_eq!(run(&["keys", "revoke", "--keys", &path, id.as_str()]).0, Some(0));
    until(|| guarded.get("/v1/audit/heads", Some(&key)).status == 401);
    let (code, added, _) = run(&["keys", "add", "--keys", &path, "--role", "bank"]);
    assert_eq!(code, Some(0));
    until(|| guarded.get("/v1/audit/heads", Some(added.trim_end())).status == 200);
    assert!(link.symlink_metadata().expect("a link").is_symlink());
}

#[test]
fn an_address_that_is_not_loopback_needs_keys_and_tls() {
    let directory = tempfile::tempdir().expect("a directory");
    let keys = directory.path().join("keys.toml");
    add(&keys, &["bank"], &[], &[]);
    let (data, keys) = (directory.path().join("data").display().to_string(), keys.display().to_string());
    for (arguments, says, says_not) in [
        (vec!["--listen", "0.0.0.0:0"], vec!["--keys", "--tls-certificate", "behind_proxy"], vec![]),
        (vec!["--listen", "0.0.0.0:0", "--keys", &keys], vec!["--tls-certificate", "behind_proxy"], vec!["--keys FILE"]),
        (vec!["--listen", "[::]:0", "--keys", &keys], vec!["--tls-certificate"], vec!["--keys FILE"]),
    ] {
        let (code, _, error) = run(&[&["serve", "--data", &data][..], &arguments].concat());
        assert_eq!(code, Some(2), "{arguments:?}: {error}");
        assert!(says.iter().all(|part| error.contains(part)) && says_not.iter().all(|part| !error.contains(part)), "{arguments:?}: {error}");
    }
    assert!(!directory.path().join("data").exists(), "nothing was opened");
    // A file of keys that is not there, or that others may read.
    let missing = run(&["serve", "--data", &data, "--keys", "/nowhere/keys.toml"]);
    assert!(missing.0 == Some(2) && missing.2.contains("/nowhere/keys.toml"), "{missing:?}");
}

#[test]
fn with_keys_a_web_page_is_told_that_it_has_none() {
    let guarded = empty("");
    let mut raw = crate::support::raw::Raw::connect(&guarded.server.base);
    let answer = raw.get("/v1/audit/heads", &["host: bank.example", "origin: https://dashboard.example"]);
    assert_eq!(answer.status, 401, "not 403: hosts and origins are not asked where keys are");
    let other = Server::with(config(&guarded.keys.with_file_name("other"), None, ""));
    assert_eq!(crate::guarded::ask(&other.base, "GET", "/v1/audit/heads", None, "", "").status, 403, "without keys they are");
}
