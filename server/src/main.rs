//! The binary `merchant-ledger`: one match over its commands.

use clap::Parser;
use server::command::{self, Cli, Command, Failure};
use std::process::ExitCode;

/// The fold allocates and frees small pieces on many threads, and RocksDB large ones for each commit: the system's allocator is slow at both. It is
/// built with `override`, so that C and C++ have it, too.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    server::descriptors::raise();
    let done = match Cli::parse().command {
        Command::Serve(options) => command::serve::run(&options),
        Command::Demo(arguments) => command::demo::run(&arguments),
        Command::Verify(arguments) => command::verify::run(&arguments),
        Command::Rebuild(arguments) => command::rebuild::run(&arguments),
        Command::Backup(arguments) => command::backup::run(&arguments),
        Command::Restore(arguments) => command::restore::run(&arguments),
        Command::CloseDay(arguments) => command::close_day::run(&arguments),
        Command::Export(arguments) => command::export::run(&arguments),
        Command::Import(arguments) => command::import::run(&arguments),
        Command::Keys(arguments) => command::keys::run(&arguments),
        Command::Fold => command::fold::run(std::io::stdin().lock(), std::io::stdout().lock()),
        Command::Openapi => command::openapi::run(),
        Command::Schemas(arguments) => command::schemas::run(&arguments),
        Command::CheckConfig(options) => command::check_config::run(&options),
    };
    match done {
        Ok(()) | Err(Failure::NobodyReads) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("merchant-ledger: {failure}");
            failure.exit_code()
        }
    }
}
