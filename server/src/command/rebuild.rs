//! `rebuild`: folds a projection of a running server again from the first entry, beside the live one. Live traffic goes
//! on; when the copy is there it is compared, and takes the old one's place.

use super::Failure;
use super::remote::Remote;
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};
use std::time::Duration;

/// How often the server is asked how far it is.
const ASK_EVERY: Duration = Duration::from_millis(250);

/// Which projection, of which server.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The projection, such as balances
    pub projection: String,
    /// The running server.
    #[command(flatten)]
    pub remote: Remote,
}

fn names() -> Vec<&'static str> {
    projections::folds::all().iter().map(|projection| projection.id().name).collect()
}

/// Rebuilds it on every partition; fails where a copy differs from the one it replaced.
pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let server = arguments.remote.server()?;
    let path = format!("/v1/projections/{}/rebuild", arguments.projection);
    let (status, body) = server.post(&path, &json!({}))?;
    if status == 404 {
        return Err(Failure::Usage(format!("{} is no projection; right would be one of {}", arguments.projection, names().join(", "))));
    }
    if !(200..300).contains(&status) {
        return Err(server.problem(status, &body));
    }
    let bar = ProgressBar::new(0);
    if let Ok(style) = ProgressStyle::with_template("{msg} {bar:40} {pos}/{len} entries, {per_sec}, {eta} left") {
        bar.set_style(style);
    }
    bar.set_message(arguments.projection.clone());
    loop {
        let (status, body) = server.get(&path)?;
        if !(200..300).contains(&status) {
            return Err(server.problem(status, &body));
        }
        let number = |key: &str| body.get(key).and_then(Value::as_u64).unwrap_or(0);
        bar.set_length(number("of"));
        bar.set_position(number("entries"));
        match body.get("state").and_then(Value::as_str).unwrap_or_default() {
            "running" => std::thread::sleep(ASK_EVERY),
            "done" => {
                bar.finish();
                let differ = number("differences");
                super::say(format_args!("{} is rebuilt: {} entries, {differ} rows differ from before", arguments.projection, number("entries")))?;
                return if differ == 0 { Ok(()) } else { Err(Failure::Failed("the rebuilt projection differs from the one it replaced".to_owned())) };
            }
            _ => {
                bar.abandon();
                return Err(Failure::Failed(body.get("detail").and_then(Value::as_str).unwrap_or("the rebuild failed").to_owned()));
            }
        }
    }
}
