//! The `[registry]` section: the schema registry that Avro and Protobuf need.

use super::{Error, Layers};

/// A schema registry with Confluent's API.
#[derive(Clone, PartialEq, Eq)]
pub struct Registry {
    /// Its address.
    pub url: String,
    /// Who asks, where it wants to know.
    pub user: Option<String>,
    /// The password of that user.
    pub password: Option<String>,
}

impl std::fmt::Debug for Registry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Registry").field("url", &self.url).field("user", &self.user).finish_non_exhaustive()
    }
}

impl Registry {
    /// Reads the section.
    pub(super) fn read(layers: &Layers) -> Result<Option<Self>, Error> {
        let Some(setting) = layers.find("registry.url")? else { return Ok(None) };
        let url = setting.non_empty()?.to_owned();
        if !url.starts_with("http://") && !url.starts_with("https://") {
            return Err(setting.wrong());
        }
        let text = |name: &str| Ok::<_, Error>(layers.find(name)?.map(|setting| setting.text));
        Ok(Some(Self { url, user: text("registry.user")?, password: text("registry.password")? }))
    }
}
