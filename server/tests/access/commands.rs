//! The commands that ask a running server, against one with keys and TLS: where the key comes from, and where it does not go.

use crate::guarded::{add, config};
use crate::support::Server;
use crate::tls::Pair;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Command;

const BINARY: &str = env!("CARGO_BIN_EXE_merchant-ledger");

/// A server behind TLS with a key of each kind, and what a command needs to reach it.
struct Remote {
    _server: Server,
    url: String,
    operator: String,
    bank: String,
    pair: Pair,
    directory: tempfile::TempDir,
}

fn remote(more: &str) -> Remote {
    let directory = tempfile::tempdir().expect("a directory");
    let pair = Pair::make(directory.path());
    let keys = directory.path().join("keys.toml");
    let (operator, bank) = (add(&keys, &["operator"], &[], &[]), add(&keys, &["bank"], &[], &[]));
    let server = Server::with(config(&directory.path().join("data"), Some(&keys), &format!("{}{more}", pair.section())));
    let url = server.base.replace("http://127.0.0.1", "https://localhost");
    let remote = Remote { _server: server, url, operator, bank, pair, directory };
    let (code, said) = remote.post_opened();
    assert_eq!(code, 200, "{said}");
    remote
}

impl Remote {
    /// Opens the ledger, as the gateway of an operator would.
    fn post_opened(&self) -> (u16, String) {
        let event = json!({"id": "open", "type": "ledger_opened", "date": "2026-11-20", "time_zone": "Asia/Shanghai"}).to_string();
        let authorization = format!("authorization: Bearer {}", self.operator);
        self.curl("/v1/events?wait=true&wait_ms=20000", &["-H", "content-type: application/json", "-H", &authorization, "--data", &event])
    }

    /// What another client says of a path: status and body.
    fn curl(&self, path: &str, more: &[&str]) -> (u16, String) {
        let mut curl = Command::new("curl");
        curl.args(["-s", "-w", "\n%{http_code}", "--cacert", text(&self.pair.certificate)]).args(more).arg(format!("{}{path}", self.url));
        let said = String::from_utf8(curl.output().expect("curl").stdout).expect("text");
        let (body, code) = said.rsplit_once('\n').expect("a code");
        (code.parse().expect("a code"), body.to_owned())
    }

    fn file(&self, name: &str, contents: &str, mode: u32) -> PathBuf {
        use std::os::unix::fs::PermissionsExt;
        let path = self.directory.path().join(name);
        std::fs::write(&path, contents).expect("written");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).expect("a mode");
        path
    }

    /// Runs a command with these variables alone of ours; its code and what it said.
    fn run(&self, arguments: &[&str], environment: &[(&str, &str)]) -> (i32, String) {
        let mut command = Command::new(BINARY);
        command.args(arguments).env("MERCHANT_LEDGER_URL", &self.url).env("MERCHANT_LEDGER_CA_FILE", &self.pair.certificate);
        let output = command.envs(environment.iter().copied()).stdin(std::process::Stdio::null()).output().expect("the binary");
        let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        for key in [&self.operator, &self.bank] {
            assert!(!said.contains(&key[12..]), "{arguments:?} says a secret: {said}");
        }
        (output.status.code().expect("a code"), said)
    }

    /// The open date of the first partition.
    fn open_date(&self) -> Value {
        let ready: Value = serde_json::from_str(&self.curl("/readyz", &[]).1).expect("JSON");
        ready["shards"][0]["business_date"].clone()
    }
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path in UTF-8")
}

#[test]
fn a_key_comes_from_the_environment_a_file_or_a_flag() {
    let remote = remote("");
    let (key, other) = (remote.operator.clone(), remote.bank.clone());
    let file = remote.file("key", &format!("{key}\n"), 0o600);
    let of_bank = remote.file("bank", &other, 0o400);
    for (arguments, environment) in [
        (vec!["close-day", "--date", "2026-11-20"], vec![("MERCHANT_LEDGER_KEY", key.as_str())]),
        (vec!["close-day", "--date", "2026-11-21"], vec![("MERCHANT_LEDGER_KEY_FILE", text(&file))]),
        // The file before the environment, the variable with the key before the one with its file.
        (vec!["close-day", "--date", "2026-11-22", "--key-file", text(&file)], vec![("MERCHANT_LEDGER_KEY", other.as_str())]),
        (vec!["close-day", "--yes", "--key", &key], vec![("MERCHANT_LEDGER_KEY", other.as_str())]),
        (vec!["close-day", "--yes"], vec![("MERCHANT_LEDGER_KEY", key.as_str()), ("MERCHANT_LEDGER_KEY_FILE", text(&of_bank))]),
        // Flags before the environment, for the address and its certificate, too.
        (
            vec!["close-day", "--yes", "--url", &remote.url, "--ca-file", text(&remote.pair.certificate)],
            vec![("MERCHANT_LEDGER_KEY", key.as_str()), ("MERCHANT_LEDGER_URL", "https://127.0.0.1:1"), ("MERCHANT_LEDGER_CA_FILE", "/nowhere")],
        ),
    ] {
        let (code, said) = remote.run(&arguments, &environment);
        assert!(code == 0 && said.contains("is closed on every partition"), "{arguments:?} {environment:?}: {code} {said}");
    }
    let (code, said) = remote.run(&["rebuild", "balances"], &[("MERCHANT_LEDGER_KEY", &key)]);
    assert!(code == 0 && said.contains("0 rows differ"), "{code} {said}");
}

#[test]
fn what_a_command_may_not_is_told_with_the_way_out_and_nothing_is_closed() {
    let remote = remote("");
    let key = remote.operator.clone();
    let (open, long, keys) =
        (remote.file("open", &key, 0o644), remote.file("long", &format!("{key}\n{key}\n"), 0o600), remote.directory.path().join("keys.toml"));
    let other = Pair::make(&{
        let directory = remote.directory.path().join("other");
        std::fs::create_dir(&directory).expect("a directory");
        directory
    });
    let unknown = format!("ml_abcdefgh_{}", "A".repeat(43));
    let close = |more: &[&'static str]| [&["close-day", "--date", "2026-11-20"], more].concat();
    let in_the_clear = remote.url.replace("https", "http");
    for (arguments, environment, code, says) in [
        (close(&[]), vec![], 1, vec!["401 unauthenticated", "MERCHANT_LEDGER_KEY", "--key-file"]),
        (vec!["rebuild", "balances"], vec![], 1, vec!["401 unauthenticated", "--key-file"]),
        (close(&[]), vec![("MERCHANT_LEDGER_KEY", unknown.as_str())], 1, vec!["401 unauthenticated", "came from MERCHANT_LEDGER_KEY"]),
        (close(&[]), vec![("MERCHANT_LEDGER_KEY", remote.bank.as_str())], 1, vec!["403 forbidden"]),
        (vec!["rebuild", "balances"], vec![("MERCHANT_LEDGER_KEY", remote.bank.as_str())], 1, vec!["403 forbidden", "operator"]),
        (close(&[]), vec![("MERCHANT_LEDGER_KEY", "secret")], 2, vec!["MERCHANT_LEDGER_KEY is no key", "keys add"]),
        (close(&[]), vec![("MERCHANT_LEDGER_KEY_FILE", text(&open))], 2, vec!["MERCHANT_LEDGER_KEY_FILE", "0644", "chmod 600"]),
        (close(&[]), vec![("MERCHANT_LEDGER_KEY_FILE", "/nowhere/key")], 2, vec!["/nowhere/key"]),
        (close(&[]), vec![("MERCHANT_LEDGER_KEY_FILE", text(&long))], 2, vec!["is no key"]),
        (close(&[]), vec![("MERCHANT_LEDGER_KEY_FILE", text(&keys))], 2, vec!["is no key", "keys add"]),
        // Who the server is, is asked before the key is shown.
        (close(&[]), vec![("MERCHANT_LEDGER_KEY", &key), ("MERCHANT_LEDGER_CA_FILE", text(&other.certificate))], 1, vec!["does not answer", "--ca-file"]),
        (close(&[]), vec![("MERCHANT_LEDGER_KEY", &key), ("MERCHANT_LEDGER_CA_FILE", "/nowhere/ca.pem")], 2, vec!["--ca-file", "/nowhere/ca.pem"]),
        (close(&[]), vec![("MERCHANT_LEDGER_KEY", &key), ("MERCHANT_LEDGER_URL", "http://ledger.bank.example")], 2, vec!["in the clear", "https://"]),
        (close(&[]), vec![("MERCHANT_LEDGER_KEY", &key), ("MERCHANT_LEDGER_URL", "ledger.bank.example")], 2, vec!["MERCHANT_LEDGER_URL", "https://"]),
        (close(&[]), vec![("MERCHANT_LEDGER_KEY", &key), ("MERCHANT_LEDGER_URL", in_the_clear.as_str())], 1, vec!["does not answer"]),
    ] {
        let (ended, said) = remote.run(&arguments, &environment);
        assert!(ended == code && says.iter().all(|part| said.contains(part)), "{arguments:?} {environment:?}: {ended} {said}");
    }
    let (code, said) = remote.run(&["close-day", "--yes", "--key", &key, "--key-file", text(&open)], &[]);
    assert!(code == 2 && said.contains("cannot be used with"), "{said}");
    assert_eq!(remote.open_date(), "2026-11-20");
}

/// curl takes the certificate of an authority for a server's, and we do not.
#[test]
fn a_certificate_of_an_authority_is_told_with_the_way_out() {
    let directory = tempfile::tempdir().expect("a directory");
    let pair = Pair::of_an_authority(directory.path());
    let keys = directory.path().join("keys.toml");
    let key = add(&keys, &["operator"], &[], &[]);
    let server = Server::with(config(&directory.path().join("data"), Some(&keys), &pair.section()));
    let url = server.base.replace("http://127.0.0.1", "https://localhost");
    let output = Command::new(BINARY)
        .args(["close-day", "--date", "2026-11-20", "--url", &url, "--ca-file", text(&pair.certificate)])
        .env("MERCHANT_LEDGER_KEY", &key)
        .output()
        .expect("the binary");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("-addext basicConstraints=critical,CA:FALSE") && !said.contains("right would be the address"), "{said}");
}

#[test]
fn a_rate_that_is_used_up_is_waited_for() {
    let remote = remote("[limits]\nrequests_per_second = 1\nburst = 1\n");
    for date in ["2026-11-20", "2026-11-21"] {
        let (code, said) = remote.run(&["close-day", "--date", date], &[("MERCHANT_LEDGER_KEY", &remote.operator)]);
        assert!(code == 0 && said.contains("is closed"), "{date}: {said}");
    }
    let (code, said) = remote.run(&["rebuild", "balances"], &[("MERCHANT_LEDGER_KEY", &remote.operator)]);
    assert!(code == 0 && said.contains("0 rows differ"), "{said}");
}
