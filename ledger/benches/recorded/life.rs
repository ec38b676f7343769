//! The events: the same in every run, and in the benches of both rooms.

use super::PARTITIONS;
use ledger::log::Record;
use std::sync::Arc;

/// xorshift64*: the same events in every run.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    fn id(&mut self) -> String {
        const LETTERS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
        (0..26).map(|_| char::from(LETTERS[self.below(32) as usize])).collect()
    }
}

/// So many events: sales, and some refunds of the last of them, on ten business dates; `is_hot`: half of the sales are of one merchant.
pub fn events(count: usize, merchants: u64, is_hot: bool) -> Vec<Arc<Vec<Record>>> {
    let mut partitions: Vec<Vec<Record>> = (0..PARTITIONS).map(|_| Vec::new()).collect();
    let mut numbers = Numbers(42);
    let push = |partitions: &mut Vec<Vec<Record>>, partition: u32, key: &str, value: String| {
        let records = &mut partitions[partition as usize];
        records.push(Record { offset: records.len() as i64, key: Some(key.as_bytes().to_vec()), value: value.into_bytes() });
    };
    for partition in 0..PARTITIONS {
        push(&mut partitions, partition, "", r#"{"id":"open","type":"ledger_opened","date":"2026-11-02","time_zone":"Asia/Shanghai"}"#.to_owned());
    }
    for merchant in 0..merchants {
        let name = format!("M{merchant:06}");
        let partition = schemas::partition::partition_of(name.as_bytes(), PARTITIONS);
        let contract = format!(
            r#"{{"id":"c-{merchant}","type":"contract_set","merchant":"{name}","occurred_at":"2026-11-01T00:00:00+08:00","contract":{{"name":"Shop {merchant}","mcc":"58{:02}","region":"CN-31","time_zone":"Asia/Shanghai","currency":"CNY","funds_flow":{{"kind":"direct"}},"partner":{{"kind":"referral","id":"isv-{}","share_percent":"50"}},"rates":[{{"when":{{"card":"debit"}},"percent":"0.50","cap":"20.00"}},{{"percent":"0.60"}}],"costs":[{{"when":{{"card":"debit"}},"interchange":{{"percent":"0.35","cap":"13.00"}},"scheme_fee":{{"percent":"0.0325","cap":"3.25"}}}},{{"interchange":{{"percent":"0.45"}},"scheme_fee":{{"percent":"0.0325"}}}}],"vat_percent":"6","settlement":{{"delay_days":1,"calendar":"CN","days":"business"}}}}}}"#,
            merchant % 20,
            merchant % 10
        );
        push(&mut partitions, partition, &name, contract);
    }
    let per_day = (count / 10).max(1);
    let mut recent: Vec<(String, String)> = Vec::new();
    for at in 0..count {
        if at > 0 && at % per_day == 0 {
            let day = 1 + at / per_day;
            for partition in 0..PARTITIONS {
                push(&mut partitions, partition, "", format!(r#"{{"id":"close-{day}","type":"day_closed","date":"2026-11-{day:02}"}}"#));
            }
        }
        let refund = numbers.below(100) < 4 && !recent.is_empty();
        let (name, value) = if refund {
            let (name, payment) = recent[numbers.below(recent.len() as u64) as usize].clone();
            let value = format!(
                r#"{{"id":"{}","type":"refund","merchant":"{name}","payment":"{payment}","occurred_at":"2026-11-20T10:15:00.250+08:00","currency":"CNY","amount":"{}.{:02}"}}"#,
                numbers.id(),
                numbers.below(5),
                1 + numbers.below(99)
            );
            (name, value)
        } else {
            let merchant = if is_hot && numbers.below(2) == 0 { 0 } else { numbers.below(merchants) };
            let name = format!("M{merchant:06}");
            let payment = numbers.id();
            let value = format!(
                r#"{{"id":"{}","type":"sale","merchant":"{name}","terminal":"T{}{}","payment":"{payment}","occurred_at":"2026-11-20T10:15:00.250+08:00","currency":"CNY","amount":"{}.{:02}","card":"{}","scheme":"unionpay","entry_mode":"insert","customer":"c_{}"}}"#,
                numbers.id(),
                // A shop has three.
                name.trim_start_matches('M'),
                numbers.below(3),
                10 + numbers.below(500),
                numbers.below(100),
                if numbers.below(2) == 0 { "debit" } else { "credit" },
                numbers.below(200_000)
            );
            if recent.len() < 4096 {
                recent.push((name.clone(), payment));
            } else {
                let place = numbers.below(4096) as usize;
                recent[place] = (name.clone(), payment);
            }
            (name, value)
        };
        let partition = schemas::partition::partition_of(name.as_bytes(), PARTITIONS);
        push(&mut partitions, partition, &name, value);
    }
    partitions.into_iter().map(Arc::new).collect()
}
