//! `check-config`: reads the configuration as `serve` would, and prints what it says.

use super::{Failure, Options, say};
use schemas::money::format_scaled;

/// Prints every option with its value; fails where one is wrong.
pub fn run(options: &Options) -> Result<(), Failure> {
    let config = options.configuration()?;
    say(format_args!("data = {:?}", config.data))?;
    say(format_args!("listen = \"{}\"", config.listen))?;
    match &config.brokers {
        Some(brokers) => say(format_args!("brokers = {brokers:?}"))?,
        None => say(format_args!("# no brokers: the log is embedded in the data directory"))?,
    }
    say(format_args!("topic = {:?}", config.topic))?;
    // Values may be secrets: the names tell that they were read.
    let properties = config.kafka.iter().map(|(name, _)| format!("{name:?} = \"…\""));
    say(format_args!("kafka = {{ {} }}", properties.collect::<Vec<_>>().join(", ")))?;
    match config.partitions {
        Some(partitions) => say(format_args!("partitions = {partitions}"))?,
        None => say(format_args!("# no partitions: as many as are there, {} for a new embedded log", crate::config::PARTITIONS_DEFAULT))?,
    }
    say(format_args!("state_mib = {}", config.state_mib))?;
    say(format_args!("journal_cache_mib = {}", config.journal_cache_mib))?;
    say(format_args!("journal_write_buffer_mib = {}", config.journal_write_buffer_mib))?;
    say(format_args!("views_cache_mib = {}", config.views_cache_mib))?;
    say(format_args!("views_write_buffer_mib = {}", config.views_write_buffer_mib))?;
    say(format_args!("views_rows_mib = {}", config.views_rows_mib))?;
    say(format_args!("log = {:?}", config.log))?;
    say(format_args!("log_format = {:?}", if config.log_format == crate::config::LogFormat::Json { "json" } else { "text" }))?;
    let percent = |percent: schemas::contract::Percent| format_scaled(i128::from(percent.0), schemas::contract::Percent::DECIMALS);
    say(format_args!("\n[risk]"))?;
    say(format_args!("chargeback_percent = \"{}\"", percent(config.risk.chargeback_percent)))?;
    say(format_args!("chargeback_days = {}", config.risk.chargeback_days))?;
    say(format_args!("refund_percent = \"{}\"", percent(config.risk.refund_percent)))?;
    say(format_args!("refund_days = {}", config.risk.refund_days))?;
    let delivery = config.risk.delivery.iter().map(|part| format!("{{ percent = \"{}\", days = {} }}", percent(part.percent), part.days));
    say(format_args!("delivery = [{}]", delivery.collect::<Vec<_>>().join(", ")))?;
    Ok(())
}
