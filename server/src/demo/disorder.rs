//! What goes wrong between terminals and the ledger: records sent twice, too early, to the wrong place, unreadable ones,
//! events that no rule allows, and records that try to smuggle card numbers.

use super::agenda::Agenda;
use super::calendar::later;
use super::city::{City, Merchant};
use super::dice::Dice;
use super::event::{Ids, Planned, Record, Target, event};
use jiff::civil::Date;
use serde_json::{Value, json};

/// Card numbers of the card schemes' own test sets, as people write them. Nobody's, and none may ever be kept.
pub const SMUGGLED: [&str; 6] = ["4111111111111111", "4111 1111 1111 1111", "5555-5555-5555-4444", "378282246310005", "6011111111111117", "6200000000000005"];
/// Of 1000 records, those that a terminal sends again.
const SENT_AGAIN: u64 = 4;
/// Of each kind of trouble, on an ordinary day.
const OF_EACH: u64 = 2;

/// Plans what goes wrong on a date, but repetitions.
pub fn plan(city: &City, dice: &mut Dice, ids: &mut Ids, agenda: &mut Agenda, date: Date) {
    let mut trouble = Trouble { city, dice, ids, agenda, date };
    for _ in 0..OF_EACH {
        trouble.too_early();
        trouble.lost();
        trouble.not_allowed();
        trouble.conflict();
        trouble.unreadable();
        trouble.smuggled();
    }
    trouble.astray();
}

/// Sends some records of a day again, a little later.
pub fn send_again(dice: &mut Dice, plan: &mut Vec<Planned>) {
    let mut again: Vec<Planned> = plan.iter().filter(|_| dice.per_mille(SENT_AGAIN)).cloned().collect();
    for planned in &mut again {
        planned.second = planned.second.saturating_add(u32::try_from(dice.between(1, 900)).unwrap_or(1)).min(super::event::DAY_SECONDS - 1);
    }
    plan.extend(again);
    plan.sort_by_key(|planned| planned.second);
}

struct Trouble<'a> {
    city: &'a City,
    dice: &'a mut Dice,
    ids: &'a mut Ids,
    agenda: &'a mut Agenda,
    date: Date,
}

impl Trouble<'_> {
    fn somebody(&mut self) -> Option<(&'static str, &Merchant, u32)> {
        let second = u32::try_from(self.dice.between(9 * 3600, 21 * 3600)).unwrap_or(0);
        let merchant = self.city.merchants.get(self.dice.place(self.city.merchants.len()))?;
        // In the merchant's own currency, a small amount that any of them can read.
        let minor = if merchant.currency.1 == 0 { "12" } else { "12.00" };
        Some((minor, merchant, second))
    }

    fn payment_event(&mut self, event_type: &str, payment: &str) -> Option<(Value, u32)> {
        let id = self.ids.next();
        let date = self.date;
        let (minor, merchant, second) = self.somebody()?;
        let mut event = event(&id, event_type, &merchant.id, date, second);
        event["payment"] = json!(payment);
        event["currency"] = json!(merchant.sale_currency().0);
        event["amount"] = json!(minor);
        if event_type == "sale" {
            event["card"] = json!("debit");
            event["scheme"] = json!("unionpay");
            if let Some((_, _, rate)) = merchant.sells_in {
                event["settled_currency"] = json!(merchant.currency.0);
                event["rate"] = json!(rate);
            }
        }
        Some((event, second))
    }

    /// A refund overtakes its sale, and waits for it.
    fn too_early(&mut self) {
        let payment = format!("P-{}", self.ids.next());
        let Some((sale, second)) = self.payment_event("sale", &payment) else { return };
        let mut refund = event(&self.ids.next(), "refund", sale["merchant"].as_str().unwrap_or_default(), self.date, second);
        for name in ["payment", "currency", "amount"] {
            refund[name] = sale[name].clone();
        }
        self.agenda.plan(self.date, second.saturating_sub(60), &refund);
        self.agenda.plan(self.date, second, &sale);
    }

    /// A refund of a sale that never comes: it is refused when its time in the park is over.
    fn lost(&mut self) {
        let payment = format!("P-lost-{}", self.ids.next());
        if let Some((refund, second)) = self.payment_event("refund", &payment) {
            self.agenda.plan(self.date, second, &refund);
        }
    }

    /// A payout above all money, and the release of a reserve that nobody has.
    fn not_allowed(&mut self) {
        let event_type = self.dice.pick(["payout_initiated", "reserve_released", "early_release"]);
        let id = self.ids.next();
        let date = self.date;
        let Some((_, merchant, second)) = self.somebody() else { return };
        let mut event = event(&id, event_type, &merchant.id, date, second);
        event["currency"] = json!(merchant.currency.0);
        event["amount"] = json!("999999999");
        if event_type == "payout_initiated" {
            event["payout"] = json!(format!("O-{id}"));
        }
        self.agenda.plan(date, second, &event);
    }

    /// The same id with another content: the first one stands.
    fn conflict(&mut self) {
        let payment = format!("P-{}", self.ids.next());
        let Some((first, second)) = self.payment_event("sale", &payment) else { return };
        let mut other = first.clone();
        other["card"] = json!("credit");
        self.agenda.plan(self.date, second, &first);
        self.agenda.plan(later(self.date, 1), second, &other);
    }

    /// What no terminal should send.
    fn unreadable(&mut self) {
        let payment = format!("P-{}", self.ids.next());
        let kind = self.dice.below(6);
        let Some((mut sale, second)) = self.payment_event("sale", &payment) else { return };
        let merchant = sale["merchant"].as_str().unwrap_or_default().to_owned();
        match kind {
            0 => sale["amount"] = json!(12.5),
            1 => sale["amount"] = json!("12.3456"),
            2 => sale["type"] = json!("sale_of_the_century"),
            3 => sale["card"] = json!("paper"),
            4 => sale["scheme"] = Value::Null,
            _ => {
                let torn: String = sale.to_string().chars().take(60).collect();
                self.agenda.plan_record(self.date, second, Record::raw(&merchant, &torn));
                return;
            }
        }
        self.agenda.plan(self.date, second, &sale);
    }

    /// A card number where none may be.
    fn smuggled(&mut self) {
        let payment = format!("P-{}", self.ids.next());
        let (number, kind) = (self.dice.pick(SMUGGLED), self.dice.below(4));
        let Some((mut sale, second)) = self.payment_event("sale", &payment) else { return };
        let merchant = sale["merchant"].as_str().unwrap_or_default().to_owned();
        match kind {
            0 => sale["customer"] = json!(number),
            1 => sale["note"] = json!(format!("paid by phone, card {number}, expires soon")),
            2 => sale["receipt"] = json!({"lines": [{"text": number}]}),
            _ => {
                self.agenda.plan_record(self.date, second, Record::raw(&merchant, &format!("POS;{merchant};{number};12.00;ok")));
                return;
            }
        }
        self.agenda.plan(self.date, second, &sale);
    }

    /// A producer that was set up with another partitioner.
    fn astray(&mut self) {
        let payment = format!("P-{}", self.ids.next());
        let Some((sale, second)) = self.payment_event("sale", &payment) else { return };
        let merchant = sale["merchant"].as_str().unwrap_or_default().to_owned();
        let record = Record { target: Target::Astray(merchant), value: sale.to_string().into_bytes() };
        self.agenda.plan_record(self.date, second, record);
    }
}
