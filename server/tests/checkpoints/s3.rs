//! Checkpoints in S3: S3Proxy, a server of its own with a directory behind, which judges every signature.
//!
//! Its jars come from the directory in `MERCHANT_LEDGER_S3_LIBS`; `./dev test` puts them there. Without them the test is skipped, loudly;
//! with `CI=true` it fails.

use super::nodes::{Place, caught_up, metric, node, stored, until};
use super::support::{PARTITIONS, Topic, says};
use super::without_disk::opens_and_folds_on;
use load_tests::kafka::broker::Broker;
use std::collections::BTreeMap;
use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

const BUCKET: &str = "checkpoints";
const SECRET: &str = "a secret of the test";
/// Until it listens.
const START_WAIT_MAX: Duration = Duration::from_secs(60);
/// Kills it when our end of the pipe closes.
const GUARD: &str = r#""$@" </dev/null & server=$!; read -r _; kill -9 "$server"; wait "$server" 2>/dev/null; exit 0"#;

/// A bucket at a port of the loopback, with the right secret.
pub fn place(port: u16, bucket: &str) -> Place {
    with_secret(port, bucket, SECRET)
}

fn with_secret(port: u16, bucket: &str, secret: &str) -> Place {
    let environment = [
        ("AWS_ENDPOINT", format!("http://127.0.0.1:{port}")),
        ("AWS_ALLOW_HTTP", "true".to_owned()),
        ("AWS_REGION", "us-east-1".to_owned()),
        ("AWS_ACCESS_KEY_ID", "ledger".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", secret.to_owned()),
    ];
    Place { place: format!("s3://{bucket}/of/the/test"), environment: environment.map(|(name, value)| (name.to_owned(), value)).to_vec() }
}

/// A running server; it ends when it is dropped, or the test is killed.
struct Server {
    guard: Child,
    port: u16,
    _directory: TempDir,
}

impl Server {
    /// Starts it with one bucket, where its jars are there.
    fn start() -> Option<Self> {
        let libraries = std::env::var_os("MERCHANT_LEDGER_S3_LIBS").map(PathBuf::from).filter(|libraries| libraries.is_dir());
        let Some(libraries) = libraries else {
            assert!(std::env::var("CI").as_deref() != Ok("true"), "CI skips nothing, and MERCHANT_LEDGER_S3_LIBS has no jars");
            eprintln!("*** skipped: MERCHANT_LEDGER_S3_LIBS has no jars of S3Proxy; `./dev test` fetches them ***");
            return None;
        };
        let directory = tempfile::tempdir().expect("a directory");
        std::fs::create_dir_all(directory.path().join("buckets").join(BUCKET)).expect("a bucket");
        let port = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address").port();
        let file = directory.path().join("s3proxy.conf");
        let configuration = format!(
            "s3proxy.endpoint=http://127.0.0.1:{port}\ns3proxy.authorization=aws-v2-or-v4\ns3proxy.identity=ledger\ns3proxy.credential={SECRET}\n\
             jclouds.provider=filesystem-nio2\njclouds.identity=local\njclouds.credential=local\njclouds.filesystem.basedir={}\n",
            directory.path().join("buckets").display()
        );
        std::fs::write(&file, configuration).expect("written");
        let said = std::fs::File::create(directory.path().join("s3proxy.log")).expect("a file");
        let mut command = Command::new("sh");
        command.args(["-c", GUARD, "sh", "java", "-Xmx256m", "-cp"]).arg(libraries.join("*")).args(["org.gaul.s3proxy.Main", "--properties"]).arg(&file);
        let guard = command.stdin(Stdio::piped()).stdout(said.try_clone().expect("a handle")).stderr(said).spawn().expect("Java runs");
        let server = Self { guard, port, _directory: directory };
        let deadline = Instant::now() + START_WAIT_MAX;
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            let said = || std::fs::read_to_string(server._directory.path().join("s3proxy.log")).unwrap_or_default();
            assert!(Instant::now() < deadline, "S3Proxy does not listen: {}", said());
            std::thread::sleep(Duration::from_millis(50));
        }
        Some(server)
    }

    /// How many files of JSON each directory of this name has in the buckets.
    fn files(&self, within: &str) -> BTreeMap<PathBuf, usize> {
        let mut found = BTreeMap::new();
        let mut open = vec![self._directory.path().join("buckets")];
        while let Some(directory) = open.pop() {
            for entry in std::fs::read_dir(&directory).expect("readable").flatten().map(|entry| entry.path()) {
                if entry.is_dir() {
                    open.push(entry);
                } else if directory.ends_with(within) && entry.extension().is_some_and(|ending| ending == "json") {
                    *found.entry(directory.clone()).or_insert(0) += 1;
                }
            }
        }
        found
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.guard.stdin.take().map(|mut input| input.write_all(b"\n")));
        drop(self.guard.wait());
    }
}

#[test]
fn a_node_without_a_disk_opens_from_s3_and_folds_on() {
    let (Some(broker), Some(server)) = (Broker::shared(), Server::start()) else { return };
    opens_and_folds_on(&broker, "without-disk-s3", &place(server.port, BUCKET));
}

#[test]
fn what_is_too_old_is_removed_from_s3() {
    let (Some(broker), Some(server)) = (Broker::shared(), Server::start()) else { return };
    let (mut topic, last) = Topic::filled(&broker, "s3-pruned", 500);
    let node = node(&topic, &place(server.port, BUCKET));
    caught_up(&node.client, &last);
    stored(&node.client);
    // Each is of more than the one before, so each has a name of its own.
    for _ in 0..4 {
        topic.send(200);
        let last = topic.flush();
        caught_up(&node.client, &last);
        stored(&node.client);
    }
    until("two are kept of each partition", || {
        let kept = server.files("checkpoints");
        kept.len() == PARTITIONS as usize && kept.values().all(|manifests| *manifests <= 2)
    });
    assert!(metric(&node.client, "checkpoint_failures_total").values().all(|failures| *failures == 0), "{}", node.process.said());
    node.process.stop().expect("a clean end");
}

#[test]
fn a_wrong_secret_and_a_bucket_that_is_not_there_are_told_and_hold_up_nothing() {
    let (Some(broker), Some(server)) = (Broker::shared(), Server::start()) else { return };
    let (topic, _) = Topic::filled(&broker, "s3-refused", 200);
    for (place, said) in [(with_secret(server.port, BUCKET, "another"), "SignatureDoesNotMatch"), (place(server.port, "nowhere"), "NoSuchBucket")] {
        let node = node(&topic, &place);
        until("it says that checkpoints cannot be had", || metric(&node.client, "checkpoint_failures_total").values().any(|failures| *failures > 0));
        says(&node.process, &["checkpoint", said]);
        node.client.until("/readyz", "ready", super::support::WAIT_MAX, |answer| answer.status == 200).expect("it follows all the same");
        node.process.stop().expect("a clean end");
    }
}
