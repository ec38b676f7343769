//! The binary as a process of its own. A shell stands before it, which kills it when our end of a pipe closes: so it
//! never outlives us, however we end.

use super::{Client, Error, START_WAIT_MAX};
use serde_json::Value;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// How long a clean end may take before the process is killed.
pub const END_WAIT_MAX: Duration = Duration::from_secs(120);
/// A free port of the loopback.
const LISTEN: &str = "127.0.0.1:0";
const POLL: Duration = Duration::from_millis(10);
/// What the system counts processor time in, in milliseconds.
const TICK_MS: u64 = 10;
/// Of what it said, as much as an error shows.
const SAID_LINES_MAX: usize = 30;
/// The first line on the pipe says how it ends; the end of the pipe kills it also where a clean end takes too long.
const GUARD: &str = r#"exec 3<&0
"$@" </dev/null 3<&- & service=$!
read -r word <&3
if [ "$word" != stop ]; then kill -KILL "$service"; wait "$service"; exit $?; fi
kill -TERM "$service"
(read -r _ <&3; kill -KILL "$service") & late=$!
wait "$service"; status=$?
kill "$late"
exit "$status""#;

/// How the service is started.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Its binary.
    pub binary: PathBuf,
    /// Its data directory.
    pub data: PathBuf,
    /// `HOST:PORT` of Kafka and the topic; none for the embedded log.
    pub kafka: Option<(String, String)>,
    /// Partitions of an embedded log.
    pub partitions: u32,
    /// Where its standard error goes; a restart appends.
    pub log: PathBuf,
    /// The address that it listens on; with port 0 a free one.
    pub listen: String,
    /// More options of `serve`.
    pub options: Vec<String>,
    /// More of its environment.
    pub environment: Vec<(String, String)>,
}

impl Settings {
    /// In `directory`, which takes its data and its standard error, with a topic of Kafka as its log.
    pub fn kafka(binary: &Path, directory: &Path, brokers: &str, topic: &str) -> Self {
        let kafka = Some((brokers.to_owned(), topic.to_owned()));
        Self {
            binary: binary.to_owned(),
            data: directory.join("data"),
            kafka,
            partitions: 1,
            log: directory.join("service.log"),
            listen: LISTEN.to_owned(),
            options: Vec::new(),
            environment: Vec::new(),
        }
    }

    /// In `directory`, with an embedded log.
    pub fn embedded(binary: &Path, directory: &Path, partitions: u32) -> Self {
        Self {
            binary: binary.to_owned(),
            data: directory.join("data"),
            kafka: None,
            partitions,
            log: directory.join("service.log"),
            listen: LISTEN.to_owned(),
            options: Vec::new(),
            environment: Vec::new(),
        }
    }
}

/// A running service. Dropping it kills it.
pub struct Process {
    guard: Child,
    log: PathBuf,
    /// How long the standard error was at the start.
    log_from: usize,
}

impl Process {
    /// Starts it on a free port of the loopback; it need not answer yet.
    ///
    /// # Errors
    /// The process or its files cannot be made.
    pub fn start(settings: &Settings) -> Result<Self, Error> {
        let machine = |about: &Path| {
            let about = about.display().to_string();
            move |source| Error::Machine { about, source }
        };
        let log = OpenOptions::new().create(true).append(true).open(&settings.log).map_err(machine(&settings.log))?;
        let log_from = fs::metadata(&settings.log).map_err(machine(&settings.log))?.len();
        let mut guard = Command::new("sh");
        guard.arg("-c").arg(GUARD).arg("sh").arg(&settings.binary).arg("serve");
        guard.arg("--data").arg(&settings.data).args(["--listen", &settings.listen, "--log-format", "json"]);
        match &settings.kafka {
            Some((brokers, topic)) => guard.args(["--brokers", brokers, "--topic", topic]),
            None => guard.args(["--partitions", &settings.partitions.to_string()]),
        };
        guard.args(&settings.options).envs(settings.environment.iter().map(|(name, value)| (name, value)));
        let guard = guard.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(log).spawn().map_err(machine(&settings.binary))?;
        Ok(Self { guard, log: settings.log.clone(), log_from: usize::try_from(log_from).unwrap_or(usize::MAX) })
    }

    /// The time that processors spent on the service since its start; nothing where the system does not tell.
    pub fn processor_time(&self) -> Option<Duration> {
        let guard = self.guard.id();
        let children = fs::read_to_string(format!("/proc/{guard}/task/{guard}/children")).ok()?;
        let stat = fs::read_to_string(format!("/proc/{}/stat", children.split_whitespace().next()?)).ok()?;
        // The name, in brackets, may have spaces; the times are the 12th and 13th field behind it.
        let ticks: u64 = stat.rsplit_once(')')?.1.split_whitespace().skip(11).take(2).map(|field| field.parse::<u64>().unwrap_or(0)).sum();
        Some(Duration::from_millis(ticks * TICK_MS))
    }

    /// The most memory that it had in RAM at any time, in mebibytes; nothing where the system does not say.
    pub fn most_resident(&self) -> Option<u64> {
        let guard = self.guard.id();
        let children = fs::read_to_string(format!("/proc/{guard}/task/{guard}/children")).ok()?;
        let status = children.split_whitespace().find_map(|child| fs::read_to_string(format!("/proc/{child}/status")).ok())?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
        line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kibibytes| kibibytes >> 10)
    }

    /// As [`Process::answering`]; nothing where it ends instead, saying why.
    ///
    /// # Errors
    /// It does neither within [`START_WAIT_MAX`].
    pub fn answering_or_ended(&self) -> Result<Option<Client>, Error> {
        let deadline = Instant::now() + START_WAIT_MAX;
        loop {
            let said = self.said();
            if let Some(address) = said.lines().find_map(address) {
                return Ok(Some(Client::new(&format!("http://{address}"))));
            }
            // Its log is JSON, an object a line; why it cannot start it says in words.
            if said.lines().any(|line| !line.is_empty() && !line.starts_with('{')) {
                return Ok(None);
            }
            if Instant::now() >= deadline {
                return Err(Error::Silent { said });
            }
            std::thread::sleep(POLL);
        }
    }

    /// Waits until it says where it answers.
    ///
    /// # Errors
    /// It does not within [`START_WAIT_MAX`].
    pub fn answering(&self) -> Result<Client, Error> {
        let deadline = Instant::now() + START_WAIT_MAX;
        loop {
            let said = self.said();
            if let Some(address) = said.lines().find_map(address) {
                return Ok(Client::new(&format!("http://{address}")));
            }
            if Instant::now() >= deadline {
                let mut last: Vec<&str> = said.lines().rev().take(SAID_LINES_MAX).collect();
                last.reverse();
                return Err(Error::Silent { said: last.join("\n") });
            }
            std::thread::sleep(POLL);
        }
    }

    /// The number of the service's own process, where the system says it.
    pub fn number(&self) -> Option<u32> {
        let guard = self.guard.id();
        let children = fs::read_to_string(format!("/proc/{guard}/task/{guard}/children")).ok()?;
        children.split_whitespace().next()?.parse().ok()
    }

    /// What it wrote to standard error since this start.
    pub fn said(&self) -> String {
        let bytes = fs::read(&self.log).unwrap_or_default();
        String::from_utf8_lossy(bytes.get(self.log_from..).unwrap_or_default()).into_owned()
    }

    /// SIGKILL, and waits until it is gone.
    ///
    /// # Errors
    /// The shell before it cannot be waited for.
    pub fn kill(mut self) -> Result<(), Error> {
        self.end("kill").map(|_| ())
    }

    /// SIGTERM, and waits until it has ended.
    ///
    /// # Errors
    /// It has not within [`END_WAIT_MAX`], or it ended with an error.
    pub fn stop(mut self) -> Result<(), Error> {
        match self.end("stop")? {
            status if status.success() => Ok(()),
            status => Err(Error::Late { what: "a clean end".to_owned(), within: END_WAIT_MAX, seen: status.to_string() }),
        }
    }

    fn end(&mut self, word: &str) -> Result<ExitStatus, Error> {
        let mut pipe = self.guard.stdin.take();
        if let Some(pipe) = &mut pipe {
            // A shell that is gone took the service with it.
            let _ = writeln!(pipe, "{word}");
        }
        let machine = |source| Error::Machine { about: "waiting for the service's end".to_owned(), source };
        let deadline = Instant::now() + END_WAIT_MAX;
        loop {
            if let Some(status) = self.guard.try_wait().map_err(machine)? {
                return Ok(status);
            }
            if Instant::now() >= deadline {
                drop(pipe.take());
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Whoever wants to know whether that went well calls `kill` or `stop`.
        let _ = self.end("kill");
    }
}

/// The address in a line of the log, where it has one.
fn address(line: &str) -> Option<String> {
    let line: Value = serde_json::from_str(line).ok()?;
    line.get("fields")?.get("address")?.as_str().map(str::to_owned)
}
