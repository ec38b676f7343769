//! What was framed as JSON: the log's records of other encodings, before the fold sees them. The same bytes give the same JSON for ever,
//! because an id names one schema for ever; where that cannot be known, nothing is guessed, and the shard waits.

use super::client::{Language, Registry};
use super::compiled::Compiled;
use super::framing::unframed;
use ledger::log::{self, Code, Decode};
use schemas::decode::RECORD_BYTES_MAX;
use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

/// Schemas that are kept; when there are more, all are asked for again.
pub const SCHEMAS_MAX: usize = 1024;

/// Decodes by a registry.
#[derive(Debug)]
pub struct Decoder {
    registry: Registry,
    /// Ids that are no schema's, as the operator says.
    set_aside: BTreeSet<u32>,
    schemas: Mutex<HashMap<u32, Arc<Compiled>>>,
}

impl Decoder {
    /// By this registry; records of these ids are set aside unread.
    pub fn new(registry: Registry, set_aside: &[u32]) -> Self {
        Self { registry, set_aside: set_aside.iter().copied().collect(), schemas: Mutex::default() }
    }

    fn schema(&self, id: u32) -> Result<Arc<Compiled>, log::Error> {
        if let Some(known) = self.schemas.lock().unwrap_or_else(PoisonError::into_inner).get(&id) {
            return Ok(Arc::clone(known));
        }
        let url = self.registry.url();
        let way_out = format!("register it there, or name the registry that has it in [registry]; [registry] set_aside = [{id}] sets its records aside");
        let Some(found) = self.registry.schema(id)? else {
            return Err(log::Error::new(
                Code::SchemaUnknown,
                format!("a record is framed by schema {id}, which the registry at {url} does not know: {way_out}"),
            ));
        };
        let compiled = match found.language {
            Language::Avro => Compiled::avro(&found.text, &found.references),
            Language::Protobuf => Compiled::protobuf(&found.text, &found.references),
            Language::Json => Ok(Compiled::Json),
        };
        let compiled = Arc::new(
            compiled.map_err(|what| log::Error::new(Code::SchemaUnknown, format!("schema {id} of the registry at {url} is not read ({what}): {way_out}")))?,
        );
        let mut schemas = self.schemas.lock().unwrap_or_else(PoisonError::into_inner);
        if schemas.len() >= SCHEMAS_MAX {
            schemas.clear();
        }
        schemas.insert(id, Arc::clone(&compiled));
        Ok(compiled)
    }
}

impl Decode for Decoder {
    fn decode(&self, value: &[u8]) -> Result<Option<Vec<u8>>, log::Error> {
        let framed = unframed(value).filter(|(id, _)| value.len() <= RECORD_BYTES_MAX && !self.set_aside.contains(id));
        let Some((id, framed)) = framed else { return Ok(None) };
        Ok(self.schema(id)?.read(framed))
    }
}

/// Stands in for the registry of a ledger that was folded with one, and is opened without.
#[derive(Debug)]
pub struct Absent;

impl Decode for Absent {
    fn decode(&self, value: &[u8]) -> Result<Option<Vec<u8>>, log::Error> {
        let Some((id, _)) = unframed(value) else { return Ok(None) };
        let detail = format!("a record is framed by schema {id}, and this ledger was folded with a registry that no [registry] names now: name it again");
        Err(log::Error::new(Code::RegistryUnreachable, detail))
    }
}

impl std::fmt::Debug for Compiled {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Avro(_) => "Avro",
            Self::Protobuf(_) => "Protobuf",
            Self::Json => "JSON",
        })
    }
}
