//! What comes in: an event is read before it is appended, and goes to the partition of its key, or to every one.
//!
//! Here is also what is asked of new events alone: a contract is paid in a currency that is in use, and has no name that is mistyped. The fold does
//! not ask it, for it must make of an old record what it made of it before (`docs/decisions/0007-currencies-out-of-use.md`,
//! `docs/decisions/0020-mistyped-names.md`).

use ledger::log::Append;
use schemas::decode::{decode, hint, mistyped_contract};
use schemas::error::{QuarantineCode, Unreadable};
use schemas::event::{Body, EventType, Subject, TerminalEvent};
use schemas::ids::EventId;
use schemas::partition::partition_of;

/// The key of what concerns the bank itself.
pub use schemas::event::HOUSE as HOUSE_KEY;

/// Where an event goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// To the partition of its key.
    One(u32),
    /// To every partition: a control event, or a customer that is erased wherever it is known.
    Every,
}

/// An event that was read, with the record that will be appended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Intake {
    /// The event's id.
    pub id: EventId,
    /// Where it goes.
    pub target: Target,
    /// The key of its record. One that goes to every partition has none, for no key belongs to all of them.
    pub key: Option<Vec<u8>>,
    /// The event as it came; nothing once it was [handed over](Self::hand_over).
    pub value: Vec<u8>,
}

impl Intake {
    /// Reads an event, and finds its place among `partitions`. What is wrong is told with the way out.
    pub fn read(value: &[u8], partitions: u32) -> Result<Self, Unreadable> {
        let event = decode(value).map_err(|error| with_hint(value, error))?.event;
        acceptable(&event)?;
        let (target, key) = match (&event.subject, &event.body) {
            (Subject::Partition, _) | (Subject::House, Body::CustomerErased { .. }) => (Target::Every, None),
            (Subject::House, _) => keyed(HOUSE_KEY, partitions),
            (Subject::Merchant(merchant), _) => keyed(merchant.as_str(), partitions),
        };
        Ok(Self { id: event.id, target, key, value: value.to_vec() })
    }

    /// Whom it is about and its type, read from the event again.
    pub fn read_again(&self) -> Result<(Subject, EventType), Unreadable> {
        let event = decode(&self.value)?.event;
        Ok((event.subject, event.body.event_type()))
    }

    /// The event with its bytes, to be appended; what is left tells it from others.
    #[must_use]
    pub fn hand_over(&mut self) -> Self {
        let value = std::mem::take(&mut self.value);
        Self { value, ..self.clone() }
    }

    /// The records that it becomes on these partitions. Its bytes go into the last one: those of an event for one partition are not copied.
    pub(super) fn into_records(self, partitions: &[u32]) -> Vec<Append> {
        let bytes = std::iter::repeat_n((self.key, self.value), partitions.len());
        partitions.iter().zip(bytes).map(|(partition, (key, value))| Append { partition: *partition, key, value }).collect()
    }

    /// How many records it becomes.
    pub fn records(&self, partitions: u32) -> usize {
        match self.target {
            Target::One(_) => 1,
            Target::Every => usize::try_from(partitions).unwrap_or(usize::MAX),
        }
    }
}

fn with_hint(value: &[u8], error: Unreadable) -> Unreadable {
    match hint(value, &error) {
        Some(hint) => Unreadable { detail: format!("{}; {hint}", error.detail), ..error },
        None => error,
    }
}

/// Refuses a new contract in a currency in which nobody is paid any more, and one that does not say what is meant by it.
fn acceptable(event: &TerminalEvent) -> Result<(), Unreadable> {
    let Body::ContractSet { contract, json } = &event.body else { return Ok(()) };
    let out_of_use = contract.currency.out_of_use();
    let out_of_use = out_of_use.map(|why| format!("contract.currency: {} {why}: a new contract must be in a currency that is in use", contract.currency));
    let Some(detail) = out_of_use.or_else(|| mistyped_contract(json)) else { return Ok(()) };
    let merchant = if let Subject::Merchant(merchant) = &event.subject { Some(merchant.clone()) } else { None };
    Err(Unreadable { code: QuarantineCode::BadContract, detail, id: Some(event.id.clone()), merchant })
}

fn keyed(key: &str, partitions: u32) -> (Target, Option<Vec<u8>>) {
    (Target::One(partition_of(key.as_bytes(), partitions)), Some(key.as_bytes().to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_goes_to_the_partition_of_its_key_or_to_all() {
        let read = |json: &str| Intake::read(json.as_bytes(), 12).expect(json);
        let fee = read(r#"{"id":"e1","type":"fee_waived","merchant":"M1","occurred_at":"2026-11-20T10:00:00+08:00","amount":"1.00","currency":"CNY"}"#);
        assert_eq!((fee.target, fee.key.as_deref()), (Target::One(partition_of(b"M1", 12)), Some(&b"M1"[..])));
        let tax = read(r#"{"id":"e2","type":"tax_paid","merchant":"@house","occurred_at":"2026-11-20T10:00:00+08:00","amount":"1.00","currency":"CNY"}"#);
        assert_eq!((tax.target, tax.key.as_deref()), (Target::One(partition_of(b"@house", 12)), Some(&b"@house"[..])));
        let close = read(r#"{"id":"e3","type":"day_closed","date":"2026-11-20"}"#);
        assert_eq!((close.target, close.key.clone(), close.records(12)), (Target::Every, None, 12));
        let erased = read(r#"{"id":"e4","type":"customer_erased","merchant":"@house","occurred_at":"2026-11-20T10:00:00+08:00","customer":"c"}"#);
        assert_eq!((erased.target, erased.key), (Target::Every, None));
        assert!(Intake::read(b"{", 12).is_err());
    }

    #[test]
    fn what_is_appended_takes_the_bytes_along() {
        let json = r#"{"id":"e1","type":"fee_waived","merchant":"M1","occurred_at":"2026-11-20T10:00:00+08:00","amount":"1.00","currency":"CNY"}"#;
        let mut event = Intake::read(json.as_bytes(), 12).expect(json);
        let (whole, bytes) = (event.clone(), event.value.as_ptr());
        let appended = event.hand_over();
        assert_eq!(appended, whole);
        assert_eq!((&event.id, event.target, &event.key, event.value.len()), (&whole.id, whole.target, &whole.key, 0));
        let records = appended.into_records(&[4, 7]);
        let told: Vec<_> = records.iter().map(|record| (record.partition, record.key.as_deref(), record.value.as_slice())).collect();
        assert_eq!(told, [(4, Some(&b"M1"[..]), json.as_bytes()), (7, Some(&b"M1"[..]), json.as_bytes())]);
        assert_eq!(records[1].value.as_ptr(), bytes, "not copied");
        assert!(whole.into_records(&[]).is_empty());
    }

    #[test]
    fn a_new_contract_is_in_a_currency_that_is_in_use() {
        let contract = |currency: &str| {
            format!(
                r#"{{"id":"c","type":"contract_set","merchant":"M1","occurred_at":"2026-11-01T00:00:00+08:00","contract":{{"name":"N","mcc":"5812",
                    "region":"HR","time_zone":"Europe/Zagreb","currency":"{currency}","funds_flow":{{"kind":"direct"}},"rates":[],
                    "settlement":{{"delay_days":1,"days":"natural"}}}}}}"#
            )
        };
        for (currency, said) in [("HRK", "EUR"), ("SLL", "SLE"), ("XAD", "unit of account")] {
            let error = Intake::read(contract(currency).as_bytes(), 12).expect_err(currency);
            assert!(error.code == QuarantineCode::BadContract && error.detail.contains(currency) && error.detail.contains(said), "{error}");
            assert!(decode(contract(currency).as_bytes()).is_ok(), "{currency}: what a log has already goes on");
        }
        assert!(Intake::read(contract("EUR").as_bytes(), 12).is_ok());
    }

    #[test]
    fn a_new_contract_has_no_name_that_is_mistyped() {
        let contract = |rate: &str| {
            format!(
                r#"{{"id":"c","type":"contract_set","merchant":"M1","occurred_at":"2026-11-01T00:00:00+08:00","contract":{{"name":"N","mcc":"5812",
                    "region":"CN-31","time_zone":"Asia/Shanghai","currency":"CNY","funds_flow":{{"kind":"direct"}},"rates":[{rate}],
                    "settlement":{{"delay_days":1,"days":"natural"}}}}}}"#
            )
        };
        let slip = contract(r#"{"percnt":"0.50"}"#);
        let error = Intake::read(slip.as_bytes(), 12).expect_err("a slip");
        let told = (error.code, error.detail.as_str(), error.id.as_ref().map(EventId::as_str), error.merchant.is_some());
        assert_eq!(told, (QuarantineCode::BadContract, "contract.rates[0].percnt: is no member of Rate; did you mean percent?", Some("c"), true));
        assert!(decode(slip.as_bytes()).is_ok(), "what a log has already goes on");
        assert!(Intake::read(contract(r#"{"percent":"0.50","since":"2026"}"#).as_bytes(), 12).is_ok(), "objects may grow");
    }

    #[test]
    fn the_events_of_the_documents_come_in() {
        let events = include_str!("../../../docs/example.ndjson");
        for line in events.lines().filter(|line| !line.is_empty()) {
            assert!(Intake::read(line.as_bytes(), 12).is_ok(), "{line}: {:?}", Intake::read(line.as_bytes(), 12));
        }
        assert!(events.contains("contract_set"));
    }
}
