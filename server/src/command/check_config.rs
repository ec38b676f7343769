//! `check-config`: reads the configuration as `serve` would, and prints what it says.

use super::{Failure, Options, say};
use schemas::money::format_scaled;

/// Prints every option with its value; fails where one is wrong.
pub fn run(options: &Options) -> Result<(), Failure> {
    let config = options.configuration()?;
    crate::http::check(&config).map_err(|error| Failure::Usage(format!("bad configuration: {error}")))?;
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
    if let Some(keys) = &config.keys {
        say(format_args!("keys = {keys:?}"))?;
    }
    say(format_args!("behind_proxy = {}\nmetrics_key = {}", config.behind_proxy, config.metrics_key))?;
    if let Some(jwt) = &config.jwt {
        say(format_args!("\n[jwt]\nissuer = {:?}\naudience = {:?}\njwks = {:?}", jwt.issuer, jwt.audience, jwt.jwks))?;
        if let Some(certificates) = &jwt.certificates {
            say(format_args!("certificates = {certificates:?}"))?;
        }
        say(format_args!("algorithms = {:?}", jwt.algorithms.iter().map(|algorithm| format!("{algorithm:?}")).collect::<Vec<_>>()))?;
        for (name, claim) in [("role_claim", &jwt.role_claim), ("merchants_claim", &jwt.merchants_claim), ("where_claim", &jwt.where_claim)] {
            say(format_args!("{name} = {claim:?}"))?;
        }
    }
    if let Some(tls) = &config.tls {
        say(format_args!("\n[tls]\ncertificate = {:?}\nkey = {:?}", tls.certificate, tls.key))?;
    }
    let limits = &config.limits;
    say(format_args!("\n[limits]"))?;
    for (name, value) in [
        ("requests_per_second", u64::from(limits.requests_per_second)),
        ("burst", u64::from(limits.burst)),
        ("expensive", u64::try_from(limits.expensive).unwrap_or(u64::MAX)),
        ("connections", u64::from(limits.connections)),
        ("header_seconds", limits.header.as_secs()),
        ("body_seconds", limits.body.as_secs()),
        ("idle_seconds", limits.idle.as_secs()),
        ("write_seconds", limits.write.as_secs()),
    ] {
        say(format_args!("{name} = {value}"))?;
    }
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
