//! The service as a child process: `merchant-ledger fold` takes a record a line and answers with a line.

use serde_json::Value;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// Why the child gives no answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It could not be started.
    #[error("{0} cannot be started")]
    Start(String, #[source] std::io::Error),
    /// It cannot be talked to.
    #[error("the service does not answer: {0}")]
    Pipe(#[from] std::io::Error),
    /// It said something else.
    #[error("the service answered what is no JSON: {line:?}")]
    Answer {
        /// What it said.
        line: String,
    },
}

/// A running `merchant-ledger fold`.
pub struct Service {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Service {
    /// Starts the binary.
    pub fn start(binary: &Path) -> Result<Self, Error> {
        let failed = |error| Error::Start(binary.display().to_string(), error);
        let mut child = Command::new(binary).arg("fold").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().map_err(failed)?;
        let no_pipe = || std::io::Error::new(std::io::ErrorKind::BrokenPipe, "no pipe");
        let input = child.stdin.take().ok_or_else(no_pipe)?;
        let output = BufReader::new(child.stdout.take().ok_or_else(no_pipe)?);
        Ok(Self { child, input, output })
    }

    /// Hands it one record and waits for what it says of it.
    pub fn fold(&mut self, line: &str) -> Result<Value, Error> {
        self.input.write_all(line.as_bytes())?;
        self.input.write_all(b"\n")?;
        self.input.flush()?;
        let mut answer = String::new();
        self.output.read_line(&mut answer)?;
        serde_json::from_str(&answer).map_err(|_| Error::Answer { line: answer })
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // It ends by itself when its input does; whoever was interrupted does not wait for that.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
