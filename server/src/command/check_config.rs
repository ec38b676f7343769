//! `check-config`: reads the configuration as `serve` would, and prints all of it: each key with its value, and where that
//! was said. What it prints is a TOML file that `--config` takes.

use super::{Failure, Options, data, say};
use crate::access::{FileWarning, Served};
use crate::cluster::Client;
use crate::config::{Config, KEYS, Key, Layers, Setting, Source};
use crate::node::kafka_files;
use ledger::log::kafka;

/// Shown in place of what may be a secret.
const HIDDEN: &str = "…";

/// Properties of Kafka's client that cannot be secrets.
const SHOWN: [&str; 19] = [
    "security.protocol",
    "sasl.mechanism",
    "sasl.mechanisms",
    "sasl.oauthbearer.method",
    "ssl.ca.location",
    "ssl.certificate.location",
    "ssl.key.location",
    "ssl.keystore.location",
    "ssl.crl.location",
    "https.ca.location",
    "ssl.endpoint.identification.algorithm",
    "ssl.cipher.suites",
    "enable.ssl.certificate.verification",
    "broker.address.family",
    "client.id",
    "client.rack",
    "compression.type",
    "group.protocol",
    "debug",
];
/// What names end with whose values are numbers.
const SHOWN_ENDINGS: [&str; 4] = [".ms", ".bytes", ".kbytes", ".messages"];

/// Prints every key; fails where a value is wrong.
pub fn run(options: &Options) -> Result<(), Failure> {
    let layers = options.layers()?;
    let config = Config::read(&layers)?;
    data::check(&config.data)?;
    data::check_partitions(&layers, &config)?;
    crate::http::check(&config).map_err(|error| Failure::Usage(format!("bad configuration: {error}")))?;
    for FileWarning { code, detail, .. } in warnings(&config).map_err(|error| Failure::Usage(format!("bad configuration: {error}")))? {
        say(format_args!("# {}: {detail}", code.as_str()))?;
    }
    say(format_args!("# Kafka's client is librdkafka {} with {}", kafka::version(), kafka::features().replace(',', ", ")))?;
    for variable in &config.unknown_variables {
        say(format_args!("# {variable} is in the environment, and is no key"))?;
    }
    say(text(&layers)?.trim_end())
}

/// What an operator should know of certificates that can be used all the same.
fn warnings(config: &Config) -> Result<Vec<FileWarning>, String> {
    let served = Served::watch(config)?.map(|served| served.status());
    let shown = config.cluster.as_ref().map(Client::new).transpose()?.and_then(|client| client.files());
    let of_kafka = if config.brokers.is_some() { kafka_files::statuses(&config.kafka) } else { Vec::new() };
    let now = jiff::Timestamp::now();
    Ok(served.into_iter().chain(shown).chain(of_kafka).flat_map(|status| status.warnings(now)).collect())
}

/// The keys of no section, then each section with its own.
fn text(layers: &Layers) -> Result<String, Failure> {
    let mut text = String::new();
    let mut section = "";
    let (alone, in_sections): (Vec<&Key>, Vec<&Key>) = KEYS.iter().partition(|key| !key.name.contains('.'));
    for key in alone.into_iter().chain(in_sections) {
        let (of, name) = key.name.rsplit_once('.').unwrap_or(("", key.name));
        if of != section {
            section = of;
            text.push_str(&format!("\n[{section}]\n"));
        }
        text.push_str(&match layers.find(key.name)? {
            Some(setting) if key.name == "kafka" => {
                // Values may be secrets: the names tell that they were read, from wherever.
                let names = Config::read(layers)?.kafka.into_iter().map(|(name, value)| format!("{name:?} = {}", of_property(&name, value)));
                format!("kafka = {{ {} }}  # {}\n", names.collect::<Vec<_>>().join(", "), of_kafka(layers, &setting)).replace("{  }", "{}")
            }
            Some(setting) if key.name == "registry.password" => format!("{name} = {HIDDEN:?}  # {}\n", said(&setting)),
            Some(setting) if key.is_numbers() => format!("{name} = [{}]  # {}\n", setting.text, said(&setting)),
            Some(setting) if key.name == "cluster.secret" => format!("# {name} is set, and not shown  # {}\n", said(&setting)),
            Some(setting) => format!("{name} = {}  # {}\n", value(&setting), said(&setting)),
            // Several nodes tell their heads without being asked to.
            None if key.name == "streams.heads"
                && let Some(topic) = Config::read(layers)?.streams.heads =>
            {
                format!("{name} = {topic:?}  # default of several nodes\n")
            }
            None => format!("# {name} is not set; it takes {}\n", key.expects),
        });
    }
    Ok(text)
}

/// The value of a property of Kafka's client, where it cannot be a secret.
fn of_property(name: &str, value: String) -> String {
    let is_shown = SHOWN.contains(&name) || SHOWN_ENDINGS.iter().any(|ending| name.ends_with(ending));
    // A text of JSON is one of TOML.
    serde_json::Value::String(if is_shown { value } else { HIDDEN.to_owned() }).to_string()
}

/// Where properties of Kafka were said: together, or each by itself in the environment.
fn of_kafka(layers: &Layers, setting: &Setting) -> String {
    let together = Some(said(setting)).filter(|_| setting.source != Source::Default || layers.kafka_variables().is_empty());
    together.into_iter().chain(layers.kafka_variables().keys().cloned()).collect::<Vec<_>>().join(", ")
}

/// Where a value was said.
fn said(setting: &Setting) -> String {
    match &setting.source {
        Source::Flag => format!("--{}", setting.key.name.replace('_', "-")),
        Source::Environment => setting.key.variable(),
        Source::File(file) => file.clone(),
        Source::Default => "default".to_owned(),
    }
}

/// A value as TOML. Which kind it is follows from what its key expects.
fn value(setting: &Setting) -> String {
    let (text, expects) = (setting.text.as_str(), setting.key.expects);
    let pairs = |separator: char| text.split(',').filter(|part| !part.is_empty()).filter_map(move |part| part.split_once(separator));
    if expects.starts_with("a list") && !text.contains(':') {
        let words = text.split(',').map(str::trim).filter(|word| !word.is_empty()).map(|word| format!("{word:?}"));
        format!("[{}]", words.collect::<Vec<_>>().join(", "))
    } else if expects.starts_with("a list") {
        let parts = pairs(':').map(|(percent, days)| format!("{{ percent = {percent:?}, days = {days} }}"));
        format!("[{}]", parts.collect::<Vec<_>>().join(", "))
    } else if expects.starts_with("a whole number") || expects.starts_with("true or false") {
        text.to_owned()
    } else {
        // A text of JSON is one of TOML.
        serde_json::Value::String(text.to_owned()).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_printed_with_its_source_and_can_be_read_back() {
        let mut layers = Layers::new();
        layers.flag("listen", Some("127.0.0.1:9".to_owned()));
        layers.environment([("MERCHANT_LEDGER_RISK_DELIVERY".to_owned(), "60:30,40:7".to_owned())].into_iter());
        layers
            .file("ledger.toml", "log = \"warn\"\n[kafka]\n\"sasl.password\" = \"hush\"\n\"security.protocol\" = \"plaintext\"\n[risk]\nrefund_percent = \"1\"")
            .expect("TOML");
        let printed = text(&layers).expect("a configuration");
        for key in KEYS {
            let name = key.name.rsplit('.').next().expect("a name");
            assert!(printed.lines().any(|line| line.starts_with(&format!("{name} =")) || line.starts_with(&format!("# {name} "))), "{name}: {printed}");
        }
        for line in ["listen = \"127.0.0.1:9\"  # --listen", "log = \"warn\"  # ledger.toml", "fewest_customers = 10  # default"] {
            assert!(printed.contains(line), "{line}: {printed}");
        }
        assert!(printed.contains("\"sasl.password\" = \"…\"") && printed.contains("\"security.protocol\" = \"plaintext\""), "{printed}");
        assert!(printed.contains("# MERCHANT_LEDGER_RISK_DELIVERY") && !printed.contains("hush"), "{printed}");
        let mut again = Layers::new();
        again.file("printed.toml", &printed).expect("TOML");
        let (read, first) = (Config::read(&again).expect("right"), Config::read(&layers).expect("right"));
        assert_eq!((read.risk, read.listen, read.log), (first.risk, first.listen, first.log));
    }

    #[test]
    fn a_section_within_another_is_printed_as_one() {
        let mut layers = Layers::new();
        let file = "brokers = \"localhost:9092\"\n[tls]\ncertificate = \"c\"\nkey = \"k\"\n[cluster]\nnode = \"a\"\nadvertise = \"https://127.0.0.1:8443\"\n\
                    [cluster.tls]\ncertificate = \"n\"\nkey = \"o\"\nauthorities = \"v\"";
        layers.file("ledger.toml", file).expect("TOML");
        let printed = text(&layers).expect("a configuration");
        let section = "[cluster.tls]\ncertificate = \"n\"  # ledger.toml\nkey = \"o\"  # ledger.toml\nauthorities = \"v\"  # ledger.toml\n";
        assert!(printed.contains(section), "{printed}");
        let mut again = Layers::new();
        again.file("printed.toml", &printed).expect("TOML");
        assert_eq!(Config::read(&again).expect("right").cluster, Config::read(&layers).expect("right").cluster);
    }

    #[test]
    fn what_single_variables_say_of_kafka_and_what_several_nodes_do_is_told() {
        let mut layers = Layers::new();
        let variables = [("MERCHANT_LEDGER_KAFKA_SASL_PASSWORD", "hush"), ("MERCHANT_LEDGER_CLUSTER_SECRET", "0123456789abcdef0123456789abcdef")];
        layers.environment(variables.map(|(name, value)| (name.to_owned(), value.to_owned())).into_iter());
        layers.file("ledger.toml", "brokers = \"localhost:9092\"\n[cluster]\nnode = \"a\"\nadvertise = \"http://127.0.0.1:8080\"").expect("TOML");
        let printed = text(&layers).expect("a configuration");
        assert!(printed.contains("}  # MERCHANT_LEDGER_KAFKA_SASL_PASSWORD\n") && !printed.contains("hush"), "{printed}");
        assert!(printed.contains("heads = \"ledger-heads\"  # default of several nodes\n"), "{printed}");
    }
}
