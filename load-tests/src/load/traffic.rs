//! Traffic: merchants with contracts, and what they send all day, from a seed. Cheap to make, so that it is not the
//! generator that is measured.

use crate::kafka::producer::Outgoing;
use crate::lives::dice::Dice;
use schemas::partition::partition_of;
use std::collections::VecDeque;

/// Payments that a later refund may still be of.
const OPEN_PAYMENTS_MAX: usize = 512;

/// Endless traffic. The ledger must be opened before it, by whoever sends it.
pub struct Traffic {
    dice: Dice,
    partitions: u32,
    merchants: u64,
    /// Contracts that were sent.
    contracts: u64,
    events: u64,
    /// Merchant and payment of sales that are to be refunded.
    open: VecDeque<(u64, u64)>,
    /// The last record, which may come again.
    last: Option<Outgoing>,
}

impl Traffic {
    /// Of so many merchants (at least one) on so many partitions.
    pub fn new(seed: u64, merchants: u64, partitions: u32) -> Self {
        Self { dice: Dice::new(seed), partitions, merchants: merchants.max(1), contracts: 0, events: 0, open: VecDeque::new(), last: None }
    }

    /// A merchant's id.
    pub fn merchant(number: u64) -> String {
        format!("B{number:06}")
    }

    /// What `type` of control event opens the ledger, for each partition.
    pub fn opening(partitions: u32, date: &str) -> Vec<Outgoing> {
        let value = format!(r#"{{"id":"open","type":"ledger_opened","date":"{date}","time_zone":"Asia/Shanghai"}}"#).into_bytes();
        (0..partitions).map(|partition| Outgoing { partition, key: None, value: value.clone() }).collect()
    }

    fn record(&self, merchant: u64, rest: &str) -> Outgoing {
        let name = Self::merchant(merchant);
        let number = self.events;
        let (minute, second) = (number / 60 % 60, number % 60);
        let value = format!(r#"{{"id":"b{number}","merchant":"{name}","occurred_at":"2026-11-20T10:{minute:02}:{second:02}+08:00",{rest}}}"#);
        Outgoing { partition: partition_of(name.as_bytes(), self.partitions), key: Some(name.into_bytes()), value: value.into_bytes() }
    }

    fn amount(&mut self) -> String {
        let minor = self.dice.between(100, 50_000);
        format!("{}.{:02}", minor / 100, minor % 100)
    }
}

impl Iterator for Traffic {
    type Item = Outgoing;

    fn next(&mut self) -> Option<Outgoing> {
        self.events += 1;
        if self.contracts < self.merchants {
            self.contracts += 1;
            return Some(self.record(self.contracts - 1, CONTRACT));
        }
        let merchant = self.dice.below(self.merchants);
        let number = self.events;
        let record = match self.dice.below(100) {
            0..8 => match self.open.pop_front() {
                Some((merchant, payment)) => self.record(merchant, &format!(r#""type":"refund","payment":"P{payment}","amount":"1.00","currency":"CNY""#)),
                None => self.record(merchant, r#""type":"fee_charged","fee":"monthly","amount":"9.90","currency":"CNY""#),
            },
            8..10 => self.record(merchant, &format!(r#""type":"hold_placed","hold":"H{number}","amount":"0.50","currency":"CNY""#)),
            10..12 => self.record(merchant, &format!(r#""type":"payout_initiated","payout":"O{number}","amount":"5.00","currency":"CNY""#)),
            12..14 => match &self.last {
                Some(last) => last.clone(),
                None => self.record(merchant, r#""type":"fee_charged","fee":"other","amount":"0.10","currency":"CNY""#),
            },
            _ => {
                if self.open.len() < OPEN_PAYMENTS_MAX {
                    self.open.push_back((merchant, number));
                }
                let amount = self.amount();
                let card = self.dice.pick(&["debit", "credit", "wallet"]);
                let customer = self.dice.below(100_000);
                let rest = format!(
                    r#""type":"sale","payment":"P{number}","terminal":"T1","amount":"{amount}","currency":"CNY","card":"{card}","scheme":"unionpay","entry_mode":"tap","customer":"c_{customer}""#
                );
                self.record(merchant, &rest)
            }
        };
        self.last = Some(record.clone());
        Some(record)
    }
}

const CONTRACT: &str = r#""type":"contract_set","contract":{"name":"Shop","mcc":"5812","region":"CN-31","time_zone":"Asia/Shanghai","currency":"CNY","funds_flow":{"kind":"direct"},"partner":{"kind":"referral","id":"isv-9","share_percent":"50"},"rates":[{"when":{"card":"debit"},"percent":"0.50","cap":"20.00"},{"percent":"0.60"}],"costs":[{"interchange":{"percent":"0.35","cap":"13.00"},"scheme_fee":{"percent":"0.0325","cap":"3.25"}}],"vat_percent":"6","settlement":{"delay_days":1,"days":"natural"},"reserve":{"percent":"10","days":180}}"#;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_record_can_be_read_and_lies_on_the_partition_of_its_merchant() {
        for record in Traffic::opening(3, "2026-11-20").into_iter().chain(Traffic::new(7, 20, 3).take(2000)) {
            let decoded = schemas::decode::decode(&record.value).unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&record.value)));
            if let schemas::event::Subject::Merchant(merchant) = decoded.event.subject {
                assert_eq!(record.partition, partition_of(merchant.as_str().as_bytes(), 3));
            }
        }
        assert!(Traffic::new(7, 20, 3).take(500).eq(Traffic::new(7, 20, 3).take(500)), "a seed is a stream");
    }
}
