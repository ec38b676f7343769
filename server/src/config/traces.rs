//! The `[traces]` section: where traces are sent, and how many of them.

use super::{Error, Layers};

/// Where traces go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Traces {
    /// A receiver of OTLP over HTTP, without `/v1/traces`; nowhere, where nothing is said.
    pub endpoint: Option<String>,
    /// Of the traces that begin here, how many of a hundred are kept.
    pub sampled_percent: u8,
}

impl Traces {
    /// Reads the section.
    pub(super) fn read(layers: &Layers) -> Result<Self, Error> {
        let endpoint = match layers.find("traces.endpoint")? {
            None => None,
            Some(setting) => {
                setting.without_user("what a receiver asks for is said in the environment, as OTEL_EXPORTER_OTLP_HEADERS")?;
                let text = setting.text.trim_end_matches('/');
                let is_address = text.split_once("://").is_some_and(|(scheme, rest)| matches!(scheme, "http" | "https") && !rest.is_empty());
                if !is_address || text.contains(char::is_whitespace) {
                    return Err(setting.wrong());
                }
                Some(text.to_owned())
            }
        };
        let sampled_percent = u8::try_from(layers.required("traces.sampled_percent")?.whole(0, 100)?).unwrap_or(100);
        Ok(Self { endpoint, sampled_percent })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(file: &str) -> Result<Traces, Error> {
        let mut layers = Layers::new();
        layers.file("ledger.toml", file)?;
        Traces::read(&layers)
    }

    #[test]
    fn a_password_in_the_address_is_refused_and_not_repeated() {
        let error = read("[traces]\nendpoint = \"https://me:secret@collector\"").expect_err("a password").to_string();
        assert!(error.contains("OTEL_EXPORTER_OTLP_HEADERS") && !error.contains("secret"), "{error}");
    }

    #[test]
    fn they_are_off_unless_an_address_is_said() {
        assert_eq!(read("").expect("defaults"), Traces { endpoint: None, sampled_percent: 100 });
        let traces = read("[traces]\nendpoint = \"http://127.0.0.1:4318/\"\nsampled_percent = 5").expect("an address");
        assert_eq!(traces, Traces { endpoint: Some("http://127.0.0.1:4318".to_owned()), sampled_percent: 5 });
        for (file, said) in
            [("endpoint = \"collector:4318\"", "traces.endpoint"), ("endpoint = \"http://\"", "traces.endpoint"), ("sampled_percent = 101", "0 to 100")]
        {
            let error = read(&format!("[traces]\n{file}")).expect_err(file).to_string();
            assert!(error.contains(said), "{error}");
        }
    }
}
