//! `check-config`: reads the configuration as `serve` would, and prints what it says.

use super::{Failure, Options};
use schemas::money::format_scaled;

/// Prints every option with its value; fails where one is wrong.
pub fn run(options: &Options) -> Result<(), Failure> {
    let config = options.configuration()?;
    println!("data = {:?}", config.data);
    println!("listen = \"{}\"", config.listen);
    match &config.brokers {
        Some(brokers) => println!("brokers = {brokers:?}"),
        None => println!("# no brokers: the log is embedded in the data directory"),
    }
    println!("topic = {:?}", config.topic);
    // Values may be secrets: the names tell that they were read.
    let properties = config.kafka.iter().map(|(name, _)| format!("{name:?} = \"…\""));
    println!("kafka = {{ {} }}", properties.collect::<Vec<_>>().join(", "));
    match config.partitions {
        Some(partitions) => println!("partitions = {partitions}"),
        None => println!("# no partitions: as many as are there, {} for a new embedded log", crate::config::PARTITIONS_DEFAULT),
    }
    println!("journal_cache_mib = {}", config.journal_cache_mib);
    println!("journal_write_buffer_mib = {}", config.journal_write_buffer_mib);
    println!("views_cache_mib = {}", config.views_cache_mib);
    println!("views_write_buffer_mib = {}", config.views_write_buffer_mib);
    println!("views_rows_mib = {}", config.views_rows_mib);
    println!("log = {:?}", config.log);
    println!("log_format = {:?}", if config.log_format == crate::config::LogFormat::Json { "json" } else { "text" });
    let percent = |percent: schemas::contract::Percent| format_scaled(i128::from(percent.0), schemas::contract::Percent::DECIMALS);
    println!("\n[risk]");
    println!("chargeback_percent = \"{}\"", percent(config.risk.chargeback_percent));
    println!("chargeback_days = {}", config.risk.chargeback_days);
    println!("refund_percent = \"{}\"", percent(config.risk.refund_percent));
    println!("refund_days = {}", config.risk.refund_days);
    let delivery = config.risk.delivery.iter().map(|part| format!("{{ percent = \"{}\", days = {} }}", percent(part.percent), part.days));
    println!("delivery = [{}]", delivery.collect::<Vec<_>>().join(", "));
    Ok(())
}
