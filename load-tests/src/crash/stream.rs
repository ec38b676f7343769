//! What is sent: a life with everything in it, control events to every partition, among the traffic of many merchants.

use crate::kafka::producer::Outgoing;
use crate::lives::dice::Dice;
use crate::lives::{Content, Life, Record};
use crate::load::traffic::Traffic;
use schemas::partition::partition_of;
use serde_json::Value;
use std::collections::BTreeSet;

/// Records of traffic for one of the life.
const TRAFFIC_SHARE: usize = 12;
/// Merchants of the traffic.
pub const TRAFFIC_MERCHANTS: u64 = 300;

/// The stream of a seed: the life, then traffic without end.
pub struct Stream {
    life: std::vec::IntoIter<Record>,
    traffic: Traffic,
    dice: Dice,
    partitions: u32,
    opened: bool,
    turn: usize,
}

impl Stream {
    /// With a life of so many records.
    pub fn new(seed: u64, life: usize, partitions: u32) -> Self {
        let traffic = Traffic::new(seed, TRAFFIC_MERCHANTS, partitions);
        Self { life: Life::records(seed, life).into_iter(), traffic, dice: Dice::new(seed), partitions, opened: false, turn: 0 }
    }
}

impl Iterator for Stream {
    type Item = Vec<Outgoing>;

    /// One record, or one for each partition.
    fn next(&mut self) -> Option<Vec<Outgoing>> {
        self.turn += 1;
        let of_life = !self.opened || self.turn.is_multiple_of(TRAFFIC_SHARE + 1);
        match of_life.then(|| self.life.next()).flatten() {
            Some(record) => {
                self.opened |= matches!(&record.content, Content::Event(event) if event["type"] == "ledger_opened");
                Some(placed(&record, self.partitions, &mut self.dice))
            }
            None => self.traffic.next().map(|record| vec![record]),
        }
    }
}

/// Where a record of a life goes: to its merchant's partition, a control event to every one, garbage anywhere.
pub fn placed(record: &Record, partitions: u32, dice: &mut Dice) -> Vec<Outgoing> {
    let value = record.bytes();
    let text = |name: &str| match &record.content {
        Content::Event(event) => event.get(name).and_then(Value::as_str),
        Content::Raw(_) => None,
    };
    let erased_everywhere = text("type") == Some("customer_erased") && text("merchant") == Some("@house");
    let control = matches!(text("type"), Some("ledger_opened" | "day_closed" | "calendar_set")) || erased_everywhere;
    match text("merchant") {
        _ if control => (0..partitions).map(|partition| Outgoing { partition, key: None, value: value.clone() }).collect(),
        Some(merchant) => vec![Outgoing { partition: partition_of(merchant.as_bytes(), partitions), key: Some(merchant.into()), value }],
        None => vec![Outgoing { partition: u32::try_from(dice.below(partitions.into())).unwrap_or(0), key: None, value }],
    }
}

/// The names of a life's merchants.
pub fn merchants(records: &[Record]) -> BTreeSet<String> {
    let name = |record: &Record| match &record.content {
        Content::Event(event) => event["merchant"].as_str().filter(|name| schemas::ids::MerchantId::new(name).is_some()).map(str::to_owned),
        Content::Raw(_) => None,
    };
    records.iter().filter_map(name).collect()
}
