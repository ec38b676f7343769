//! The binary `merchant-ledger`: one match over its commands.

use clap::Parser;
use server::command::{self, Cli, Command};
use std::process::ExitCode;

fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Fold => command::fold::run(std::io::stdin().lock(), std::io::stdout().lock()),
        Command::CheckConfig(options) => command::check_config::run(&options),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("merchant-ledger: {failure}");
            failure.exit_code()
        }
    }
}
