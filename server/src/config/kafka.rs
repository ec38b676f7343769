//! The `[kafka]` section: properties of Kafka's client that come on top of ours.
//!
//! As text they are `name=value` with commas between; a comma or a backslash within a value has a backslash before it. In the
//! environment each may also stand alone, so that a password need not be in a file: `MERCHANT_LEDGER_KAFKA_SASL_PASSWORD` is
//! `sasl.password`. Which may be set, and what the built client takes, is `ledger`'s to say; no value is ever told.

use super::value::Unfit;
use super::{ENVIRONMENT_PREFIX, Error, Layers, Setting};
use ledger::log::kafka::{Options, Refused};

/// Properties whose value is the path of a file: no secret, so it is told where it is wrong.
const FILES: [&str; 6] = ["ssl.ca.location", "ssl.certificate.location", "ssl.key.location", "ssl.keystore.location", "ssl.crl.location", "https.ca.location"];

/// What the variable of a single property begins with.
pub(super) fn property_prefix() -> String {
    format!("{ENVIRONMENT_PREFIX}KAFKA_")
}

/// Reads the section, and the variables that stand for single properties, which win.
pub(super) fn read(layers: &Layers) -> Result<Vec<(String, String)>, Error> {
    let setting = layers.required("kafka")?;
    let mut places: Vec<(String, String, String)> = Vec::new();
    for (name, value) in pairs(&setting)? {
        let place = format!("{name} of {}", setting.place());
        places.push((name, value, place));
    }
    for (variable, value) in layers.kafka_variables() {
        let name = variable.strip_prefix(&property_prefix()).unwrap_or_default().to_lowercase().replace('_', ".");
        places.retain(|(other, ..)| *other != name);
        places.push((name, value.clone(), variable.clone()));
    }
    if places.is_empty() {
        return Ok(Vec::new());
    }
    let properties: Vec<(String, String)> = places.iter().map(|(name, value, _)| (name.clone(), value.clone())).collect();
    let mut options = Options::default();
    options.properties.clone_from(&properties);
    let told = |refused: Refused| {
        // The library names it in its words alone.
        let is_it = |name: &str, value: &str| {
            let is_not_read = || refused.reason.contains(&format!("{name} failed")) || std::fs::metadata(value).is_err();
            FILES.contains(&name) && refused.reason.contains(name) && is_not_read()
        };
        if let Some((_, value, place)) = places.iter().find(|(name, value, _)| is_it(name, value)) {
            let expected = format!("a file that can be read and has what the property needs, by the words of Kafka's client: {}", refused.reason);
            return Error::Wrong { place: place.clone(), value: value.clone(), expected };
        }
        let place = places.iter().find(|(name, ..)| *name == refused.name).map_or_else(|| setting.place(), |(.., place)| place.clone());
        Error::Property { place, reason: refused.reason }
    };
    options.check().map_err(told)?;
    Ok(properties)
}

/// `name=value` with commas between.
fn pairs(setting: &Setting) -> Result<Vec<(String, String)>, Error> {
    // The value may be a password, so the error names the key alone.
    let wrong = || Setting { text: "…".to_owned(), ..setting.clone() }.wrong();
    let mut pairs = Vec::new();
    for part in parts(&setting.text) {
        let (name, value) = part.split_once('=').ok_or_else(wrong)?;
        if name.trim().is_empty() {
            return Err(wrong());
        }
        pairs.push((name.trim().to_owned(), value.trim().to_owned()));
    }
    Ok(pairs)
}

/// The text between commas that have no backslash before them; empty parts are left out.
fn parts(text: &str) -> Vec<String> {
    let (mut parts, mut part, mut letters) = (Vec::new(), String::new(), text.chars());
    while let Some(letter) = letters.next() {
        match letter {
            ',' => parts.push(std::mem::take(&mut part)),
            '\\' => part.extend(letters.next()),
            letter => part.push(letter),
        }
    }
    parts.push(part);
    parts.retain(|part| !part.trim().is_empty());
    parts
}

/// The TOML table as the text that a variable would have.
pub(super) fn text(table: &toml::Table) -> Result<String, Unfit> {
    let text = |(name, value): (&String, &toml::Value)| {
        let text = match value {
            toml::Value::String(text) => text.replace('\\', "\\\\").replace(',', "\\,"),
            // What is no text is written as it stands: `"linger.ms" = 5` is meant as it looks.
            toml::Value::Integer(number) => number.to_string(),
            toml::Value::Boolean(flag) => flag.to_string(),
            toml::Value::Float(_) | toml::Value::Datetime(_) | toml::Value::Array(_) | toml::Value::Table(_) => {
                return Err(Unfit::of_property(name, value));
            }
        };
        Ok(format!("{name}={text}"))
    };
    Ok(table.iter().map(text).collect::<Result<Vec<_>, _>>()?.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(environment: &[(&str, &str)], file: &str) -> Result<Vec<(String, String)>, Error> {
        let mut layers = Layers::new();
        layers.environment(environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        layers.file("ledger.toml", file)?;
        let mut found = super::read(&layers)?;
        found.sort();
        Ok(found)
    }

    fn owned(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn any_password_is_taken_whole() {
        for password in ["a=b", "a,b", "a\\b", "\\,", ",=\\=,", "ends\\"] {
            let file = format!("[kafka]\n'security.protocol' = 'sasl_ssl'\n'sasl.mechanism' = 'PLAIN'\n'sasl.username' = 'u'\n'sasl.password' = '{password}'");
            let found = read(&[], &file).expect(password);
            assert!(found.contains(&("sasl.password".to_owned(), password.to_owned())), "{password}");
            let found = read(&[("MERCHANT_LEDGER_KAFKA_SASL_PASSWORD", password)], "").expect(password);
            assert_eq!(found, owned(&[("sasl.password", password)]));
        }
        let found = read(&[("MERCHANT_LEDGER_KAFKA", "client.id=a\\,b, linger.ms=5,")], "").expect("pairs");
        assert_eq!(found, owned(&[("client.id", "a,b"), ("linger.ms", "5")]));
    }

    #[test]
    fn a_variable_of_one_property_stands_before_the_table() {
        let file = "[kafka]\n'client.id' = 'of-file'\n'linger.ms' = 7\n'socket.keepalive.enable' = true";
        let found = read(&[("MERCHANT_LEDGER_KAFKA_CLIENT_ID", "of-environment")], file).expect("properties");
        assert_eq!(found, owned(&[("client.id", "of-environment"), ("linger.ms", "7"), ("socket.keepalive.enable", "true")]));
    }

    #[test]
    fn what_safety_rests_on_is_refused_where_it_stands_and_no_secret_is_told() {
        for (environment, file, said) in [
            (vec![], "[kafka]\n'isolation.level' = 'read_uncommitted'", vec!["isolation.level of kafka in ledger.toml", "aborted"]),
            (vec![], "[kafka]\n'acks' = 0", vec!["acks of kafka in ledger.toml", "replica"]),
            (vec![("MERCHANT_LEDGER_KAFKA", "enable.auto.commit=true")], "", vec!["enable.auto.commit of MERCHANT_LEDGER_KAFKA", "journal"]),
            (vec![("MERCHANT_LEDGER_KAFKA_GROUP_ID", "mine")], "", vec!["MERCHANT_LEDGER_KAFKA_GROUP_ID", "no group"]),
            (vec![], "[kafka]\n'auto.offset.reset' = 'latest'", vec!["auto.offset.reset", "skipped"]),
            (vec![], "[kafka]\n'sasl.pasword' = 'hidden'", vec!["sasl.pasword of kafka in ledger.toml", "No such configuration property"]),
            (vec![], "[kafka]\n'sasl.mechanism' = 'GSSAPI'\n'security.protocol' = 'sasl_ssl'\n'sasl.password' = 'hidden'", vec!["GSSAPI"]),
            (vec![], "[kafka]\n'linger.ms' = 'hidden'", vec!["linger.ms of kafka in ledger.toml"]),
            (
                vec![("MERCHANT_LEDGER_KAFKA_SSL_CERTIFICATE_LOCATION", "/nowhere/c.pem")],
                "[kafka]\n'security.protocol' = 'ssl'",
                vec!["MERCHANT_LEDGER_KAFKA_SSL_CERTIFICATE_LOCATION = \"/nowhere/c.pem\"", "a file that can be read"],
            ),
            (vec![("MERCHANT_LEDGER_KAFKA", "hidden")], "", vec!["MERCHANT_LEDGER_KAFKA"]),
        ] {
            let error = read(&environment, file).expect_err(said[0]).to_string();
            for part in said {
                assert!(error.contains(part), "{error:?} does not say {part:?}");
            }
            assert!(!error.contains("hidden"), "{error}");
        }
    }
}
