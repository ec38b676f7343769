//! The close of a business date: what the next one begins with.

use super::Model;
use super::desk::Desk;
use super::event::Event;
use super::said::{Outcome, Said};
use super::wallet::Wallet;

impl Model {
    /// Refuses what has waited too long, then gives each merchant its entry, in byte order.
    pub(super) fn close_day(&mut self, event: &Event, all: &mut Vec<Said>) {
        let (Some(today), Some(closed)) = (self.open, event.date("date")) else { return };
        self.expire_park(closed, all);
        let names: Vec<String> = self.merchants.keys().cloned().collect();
        for name in names {
            let Some(merchant) = self.merchants.get_mut(&name) else { continue };
            let mut desk = Desk { event, name: &name, merchant, today, calendars: &self.calendars, lines: Vec::new() };
            move_into_day(&mut desk);
            let lines = desk.lines;
            if lines.is_empty() {
                continue;
            }
            self.book(&lines);
            all.push(Said { lines, subject: Some(name), ..Said::new(event.offset, Some(event), Outcome::Posted, None, self.open) });
        }
    }
}

/// Pending and reserve whose date has come become available, in each book and currency; then that is settled.
fn move_into_day(desk: &mut Desk<'_>) {
    let wallets: Vec<_> = desk.merchant.purses.keys().cloned().collect();
    for (book, currency) in wallets {
        let wallet = Wallet { book, currency };
        let (pending, reserve) = (desk.purse(&wallet).pending.clone(), desk.purse(&wallet).reserve.clone());
        let today = desk.today;
        for (code, moved) in [(2010, pending), (2030, reserve)] {
            for (date, amount) in moved.into_iter().filter(|(date, _)| *date <= today) {
                desk.post(&wallet, desk.own_detailed(code, &date.to_string()), desk.own(2020), amount);
            }
        }
        desk.settle_wallet(&wallet);
    }
    // What was moved out of a date is no longer there to be taken as a payment's own.
    let today = desk.today;
    for payment in desk.merchant.payments.values_mut() {
        if payment.available_on <= today {
            payment.own_pending = 0;
        }
        if payment.release_on <= today {
            payment.own_reserve = 0;
        }
    }
}
