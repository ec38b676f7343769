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
        let set_aside = format!("[registry] set_aside = [{id}] sets its records aside");
        let found = self.registry.schema(id).map_err(|error| {
            let is_there = error.code == Code::SchemaUnknown;
            if is_there { log::Error::new(error.code, format!("{}; {set_aside}", error.detail)) } else { error }
        });
        let Some(found) = found? else {
            return Err(log::Error::new(
                Code::SchemaUnknown,
                format!(
                    "a record is framed by schema {id}, which the registry at {url} does not know: register it there, or name the registry that has it in \
                     [registry]; {set_aside}"
                ),
            ));
        };
        let compiled = match found.language {
            Language::Avro => Compiled::avro(&found.text, &found.references),
            Language::Protobuf => Compiled::protobuf(&found.text, &found.references),
            Language::Json => Ok(Compiled::Json),
        };
        // It is there, so to register it again helps nobody: what it says cannot be taken.
        let compiled = Arc::new(compiled.map_err(|what| {
            let detail = format!("schema {id} of the registry at {url} is not read ({what}): have the producer write with a schema that is; {set_aside}");
            log::Error::new(Code::SchemaUnknown, detail)
        })?);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Registry as Configured;
    use serde_json::{Value, json};
    use std::io::{BufRead as _, BufReader, Write as _};
    use std::net::TcpListener;

    /// What is said of a record that is framed by schema 7, where the registry answers so.
    fn said(status: u16, body: &Value) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let body = body.to_string();
        let registry = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().expect("a question");
            let lines = BufReader::new(stream.try_clone().expect("the same stream")).lines();
            lines.take_while(|line| line.as_ref().is_ok_and(|line| !line.is_empty())).for_each(drop);
            write!(stream, "HTTP/1.1 {status} It\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len()).expect("answered");
        });
        let configured = Configured { url, user: None, password: None, certificates: None, set_aside: Vec::new(), from: Vec::new() };
        let decoder = Decoder::new(Registry::new(&configured).expect("a client"), &[]);
        let error = decoder.decode(b"\0\0\0\0\x07abc").expect_err("it is not read");
        registry.join().expect("it has answered");
        assert_eq!(error.code, Code::SchemaUnknown, "{error}");
        assert!(error.detail.contains("set_aside = [7]"), "{error}");
        error.detail
    }

    #[test]
    fn what_is_registered_and_not_read_is_not_to_be_registered() {
        let detail = said(404, &json!({"error_code": 40403}));
        assert!(detail.contains("register it there") && !detail.contains("the producer"), "{detail}");
        let itself = json!({"type": "record", "name": "T", "fields": [{"name": "next", "type": ["null", "T"]}]});
        for body in [json!({"schema": itself.to_string()}), json!({"schema": "no schema"})] {
            let detail = said(200, &body);
            assert!(detail.contains("have the producer write") && !detail.contains("register it there"), "{detail}");
        }
        let detail = said(200, &json!({"schemaType": "XML", "schema": "<a/>"}));
        assert!(!detail.contains("register it there"), "{detail}");
    }
}
