//! What the browser looks at: a bank whose city has traded for some weeks and stands still, with a key for each role; and a
//! demonstration that goes on.

use serde_json::json;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

const BINARY: &str = env!("CARGO_BIN_EXE_merchant-ledger");
/// The days that the city trades.
const DAYS: &str = "24";
const ROLES: [&str; 4] = ["bank", "merchant", "marketing", "operator"];
/// The merchant that has the key of a merchant, and another.
pub const MERCHANT: &str = "M100003";

/// A program that serves, and ends with this value.
struct Serving {
    child: Child,
    base: String,
}

impl Serving {
    /// Starts it, and waits for the line that says where it listens.
    fn start(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary runs");
        let (sender, receiver) = std::sync::mpsc::channel();
        let streams: [Box<dyn std::io::Read + Send>; 2] = [Box::new(child.stdout.take().expect("its output")), Box::new(child.stderr.take().expect("its log"))];
        for stream in streams {
            let sender = sender.clone();
            // Read to its end, so that the program never waits for a reader.
            std::thread::spawn(move || {
                for line in BufReader::new(stream).lines().map_while(Result::ok) {
                    let address =
                        line.split_once("127.0.0.1:").and_then(|(_, rest)| rest.split(|digit: char| !digit.is_ascii_digit()).next().map(str::to_owned));
                    if let Some(port) = address.filter(|port| !port.is_empty() && port != "0") {
                        let _ = sender.send(format!("http://127.0.0.1:{port}"));
                    }
                }
            });
        }
        let base = receiver.recv_timeout(std::time::Duration::from_secs(60)).expect("it says where it listens");
        Self { child, base }
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A bank that stands still.
pub struct Bank {
    serving: Serving,
    keys: serde_json::Value,
}

impl Bank {
    /// Plays some weeks, and serves them with keys.
    pub fn open(at: &Path) -> Self {
        let data = at.join("data");
        let played = Command::new(BINARY)
            .args(["demo", "--listen", "127.0.0.1:0", "--merchants", "60", "--days", DAYS, "--history-days", DAYS, "--rate", "200", "--data"])
            .arg(&data)
            .output()
            .expect("the binary runs");
        assert!(played.status.success(), "{}", String::from_utf8_lossy(&played.stdout));
        let file = at.join("keys.toml");
        let mut keys = json!({});
        for role in ROLES {
            let mut command = Command::new(BINARY);
            command.args(["keys", "add", "--role", role, "--keys"]).arg(&file);
            if role == "merchant" {
                command.args(["--merchant", MERCHANT]);
            }
            let output = command.output().expect("the binary runs");
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            keys[role] = String::from_utf8_lossy(&output.stdout).trim().into();
        }
        let mut command = Command::new(BINARY);
        command.args(["serve", "--listen", "127.0.0.1:0", "--keys"]).arg(&file).arg("--data").arg(&data);
        Self { serving: Serving::start(&mut command), keys }
    }

    /// What the browser's driver is told.
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        vec![("BASE", self.serving.base.clone()), ("KEYS", self.keys.to_string()), ("MERCHANT", MERCHANT.to_owned())]
    }
}

/// A demonstration without keys.
pub struct Demo {
    /// Where it answers.
    pub base: String,
    _serving: Serving,
}

impl Demo {
    /// The bank that [`Bank::open`] played, as it stands.
    pub fn stands(at: &Path) -> Self {
        let mut command = Command::new(BINARY);
        command.args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(at.join("data"));
        let serving = Serving::start(&mut command);
        Self { base: serving.base.clone(), _serving: serving }
    }

    /// A new one that goes on, a day every four seconds.
    pub fn start(data: &Path) -> Self {
        let mut command = Command::new(BINARY);
        command.args(["demo", "--listen", "127.0.0.1:0", "--merchants", "60", "--history-days", "5", "--day-seconds", "4", "--data"]).arg(data);
        let serving = Serving::start(&mut command);
        Self { base: serving.base.clone(), _serving: serving }
    }
}
