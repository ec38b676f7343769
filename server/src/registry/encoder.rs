//! JSON as Avro or Protobuf, framed by the id of its schema, which is registered before the first value.

use super::client::Registry;
use super::compiled::Compiled;
use super::framing::frame;
use super::{Encoding, media_type};
use ledger::log::kafka::Outgoing;
use ledger::log::{self, Code};
use schemas::wire::output::file_name;

/// Encodes the records of one topic.
pub struct Encoder {
    encoding: Encoding,
    registry: Registry,
    subject: String,
    text: String,
    compiled: Compiled,
    id: Option<u32>,
}

impl Encoder {
    /// Of the records of a name, `LedgerEntry`, in a topic; nothing where they stay JSON.
    ///
    /// # Errors
    /// There is no schema of this name, or it cannot be read: a mistake of ours.
    pub fn new(encoding: Encoding, registry: Option<&Registry>, topic: &str, record: &str) -> Result<Option<Self>, log::Error> {
        let Some((registry, (text, compiled))) = registry.zip(schema_of(encoding, record)?) else { return Ok(None) };
        Ok(Some(Self { encoding, registry: registry.clone(), subject: format!("{topic}-value"), text, compiled, id: None }))
    }

    /// Makes sure that the schema is registered, before anything is written. Once it is, a registry that is away holds up nothing: an
    /// id names one schema for ever.
    ///
    /// # Errors
    /// The registry does not answer, or does not take it.
    pub fn open(&mut self) -> Result<(), log::Error> {
        match self.registry.register(&self.subject, self.encoding, &self.text) {
            Ok(id) => self.id = Some(id),
            Err(error) if error.code == Code::RegistryUnreachable && self.id.is_some() => tracing::warn!(subject = self.subject, "{error}; its id is known"),
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// Encodes the value of a record, and says so in its headers. A record without a value stays as it is.
    ///
    /// # Errors
    /// It was not opened; or the value does not fit its schema, a mistake of ours.
    pub fn encode_record(&self, record: &mut Outgoing) -> Result<(), log::Error> {
        let Some(value) = record.value.take() else { return Ok(()) };
        record.value = Some(self.encode(value)?);
        if let Some((_, value)) = record.headers.iter_mut().find(|(name, _)| name == "content-type") {
            *value = media_type(self.encoding).as_bytes().to_vec();
        }
        Ok(())
    }

    fn encode(&self, json: Vec<u8>) -> Result<Vec<u8>, log::Error> {
        let id = self.id.ok_or_else(|| log::Error::new(Code::RegistryUnreachable, format!("the schema of {} is not registered yet", self.subject)))?;
        let mut value = frame(id);
        value.extend(self.compiled.write(json).map_err(|what| log::Error::new(Code::Corrupt, format!("{} cannot be written: {what}", self.subject)))?);
        Ok(value)
    }
}

/// The text of our schema of a record, and what it says; nothing for JSON.
fn schema_of(encoding: Encoding, record: &str) -> Result<Option<(String, Compiled)>, log::Error> {
    let wrong = |what: String| log::Error::new(Code::Corrupt, format!("the schema of {record}: {what}"));
    let absent = || wrong("there is none".to_owned());
    let file = file_name(record);
    match encoding {
        Encoding::Json => Ok(None),
        Encoding::Avro => {
            let found = schemas::avro::documents().into_iter().find(|(name, _)| *name == format!("{file}.avsc"));
            let text = found.ok_or_else(absent)?.1.to_string();
            let compiled = Compiled::avro(&text, &[]).map_err(wrong)?;
            Ok(Some((text, compiled)))
        }
        Encoding::Protobuf => {
            let found = schemas::proto::documents().into_iter().find(|(name, _)| *name == format!("{file}.proto"));
            let text = found.ok_or_else(absent)?.1;
            let compiled = Compiled::protobuf(&text, &[]).map_err(wrong)?;
            Ok(Some((text, compiled)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    /// Without members that are `null`.
    fn bare(value: &Value) -> Value {
        match value {
            Value::Object(fields) => fields.iter().filter(|(_, value)| !value.is_null()).map(|(name, value)| (name.clone(), bare(value))).collect(),
            Value::Array(items) => items.iter().map(bare).collect(),
            other => other.clone(),
        }
    }

    #[test]
    fn what_is_written_in_avro_and_protobuf_reads_back_as_the_same_json() {
        let entry = json!({
            "entry": "3:0", "position": "3:9", "partition": 0, "sequence": 0, "outcome": "posted", "event": "r1", "type": "refund", "business_date": "2026-11-23",
            "occurred_at": "2026-11-23T12:05:00+08:00", "merchant": "M1", "payment": "P1", "reference": null, "terminal": null, "currency": "CNY", "amount": "100.00",
            "lines": [{"book": "bank", "currency": "CNY", "debit": {"code": "2030", "party": "M1", "detail": "2027-05-19"}, "credit": {"code": "2020", "party": "M1"}, "amount": "10.00", "leg": "mdr"}],
            "balances_after": [{"currency": "CNY", "book": "bank", "pending": "0.00", "available": "-1.00", "payable": "0.00", "reserved": "0.00", "held": "0.00", "disputed": "0.00",
                "in_transit": "0.00", "owed": "0.00", "preauthorised": "0.00"}],
        });
        let event = json!({"id": "c-1", "type": "contract_set", "merchant": "M1", "occurred_at": "2026-11-01T00:00:00+08:00", "contract": {
            "name": "N", "mcc": "5812", "region": "CN-31", "time_zone": "Asia/Shanghai", "currency": "CNY", "personal": false,
            "funds_flow": {"kind": "via_psp", "psp": "psp-7", "licensed": true, "gateway": {"percent": "0.05"}}, "partner": {"kind": "referral", "id": "isv-9", "share_percent": "50"},
            "rates": [{"when": {"card": "debit"}, "percent": "0.50", "cap": "20.00"}, {"percent": "0.60"}], "settlement": {"delay_days": 0, "days": "calendar"},
            "aliases": {"unionpay": "898", "wechat": ["1", "2"]}, "risk": {"chargeback_percent": "0.10", "delivery": [{"percent": "60", "days": 0}]}}});
        let batch = json!({"id": "b", "type": "batch_closed", "merchant": "M1", "terminal": "T1", "count": 0, "sum": "0.00", "currency": "CNY", "occurred_at": "2026-11-01T00:00:00+08:00"});
        for (record, value) in [("LedgerEntry", &entry), ("TerminalEvent", &event), ("TerminalEvent", &batch)] {
            for encoding in [Encoding::Avro, Encoding::Protobuf] {
                let (_, compiled) = schema_of(encoding, record).expect("a schema").expect("one that is not JSON");
                let bytes = compiled.write(value.to_string().into_bytes()).unwrap_or_else(|error| panic!("{record} {encoding:?}: {error}"));
                let mut back: Value = serde_json::from_slice(&compiled.read(&bytes).expect("it reads back")).expect("JSON");
                if encoding == Encoding::Protobuf && record == "LedgerEntry" {
                    assert_eq!(back["sequence"], 0, "a zero is there");
                }
                back.sort_all_objects();
                let mut expected = bare(value);
                expected.sort_all_objects();
                assert_eq!(back, expected, "{record} {encoding:?}");
            }
        }
    }
}
