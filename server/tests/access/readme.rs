//! The README's five commands, from nothing to a merchant's own key on https://, as they stand there; and the command by which it has a date closed
//! there, since our own client believes fewer certificates than curl does.

use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

#[test]
fn five_commands_from_nothing_to_a_merchants_own_key_on_https() {
    let project = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the project");
    let readme = std::fs::read_to_string(project.join("README.md")).expect("README.md");
    let block = readme.split("```sh\n").find(|block| block.starts_with("openssl req")).and_then(|block| block.split("```").next()).expect("the commands");
    let commands = block.lines().filter(|line| !line.is_empty() && !line.starts_with(' ')).count();
    assert_eq!(commands, 5, "{block}");
    let close = "merchant-ledger close-day --date 2026-11-20 --url https://localhost:8443 --ca-file cert.pem";
    assert!(readme.contains(close), "the README has {close}");
    let directory = tempfile::tempdir().expect("a directory");
    std::os::unix::fs::symlink(project.join("docs"), directory.path().join("docs")).expect("a link");
    let port = TcpListener::bind("0.0.0.0:0").and_then(|listener| listener.local_addr()).expect("a free port").port();
    let binaries = Path::new(env!("CARGO_BIN_EXE_merchant-ledger")).parent().expect("a directory").display().to_string();
    let path = std::env::var("PATH").unwrap_or_default();
    // A key that is added while the server runs is taken within a second.
    let closing = format!(
        "export MERCHANT_LEDGER_KEY=$(merchant-ledger keys add --keys keys.toml --role operator)\n\
         for again in $(seq 40); do if {close}; then break; fi; sleep 0.25; done"
    );
    let commands = format!("{block}\n{closing}").replace("8443", &port.to_string());
    let script = format!("set -eu\n{commands}\nkill $!");
    let output = Command::new("bash").args(["-c", &script]).current_dir(directory.path()).env("PATH", format!("{binaries}:{path}")).output().expect("bash");
    let (said, complained) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}\n{complained}");
    assert!(said.contains("2026-11-20 is closed"), "{said}\n{complained}");
    assert!(said.contains("\"merchant\":\"M1\"") && said.contains("\"pending\":\"894.00\""), "{said}\n{complained}");
}
