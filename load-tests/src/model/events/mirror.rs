//! The mirror of a payment: what a void or a whole reversal posts.

use super::capture::reserve_back;
use super::change::is_own;
use super::keep;
use crate::model::account::{Account, Line};
use crate::model::desk::Desk;
use crate::model::pricing::Fees;
use crate::model::state::{Payment, PaymentState};
use crate::model::wallet::Wallet;

/// The reserve first, then all that the merchant had not been given, in its order, then what it had been given.
pub fn mirror(desk: &mut Desk<'_>, mut payment: Payment) {
    let own_reserve = payment.own_reserve;
    reserve_back(desk, &mut payment, own_reserve);
    let lines = netted(&payment.history);
    for line in lines.iter().filter(|line| !line.credit.is_bucket()) {
        // What was owed for it may have been repaid since, so it comes back as available, which repays first.
        let to = if line.debit.code == 1050 { desk.own(2020) } else { line.debit.clone() };
        if is_own(&payment, &to, 2010) {
            payment.own_pending += line.amount;
        }
        if is_own(&payment, &to, 2030) {
            payment.own_reserve += line.amount;
        }
        desk.post(&wallet(line), line.credit.clone(), to, line.amount);
    }
    for line in lines.iter().filter(|line| line.credit.is_bucket()) {
        let wallet = wallet(line);
        let sources = desk.draw(&wallet, Some(&mut payment), line.amount, true);
        desk.pay(&wallet, sources, vec![(line.debit.clone(), line.amount)]);
    }
    desk.expect(payment.settled_currency(), -payment.nominal);
    payment.state = PaymentState::Voided;
    (payment.captured, payment.settled, payment.nominal, payment.fees) = (0, 0, 0, Fees::default());
    keep(desk, payment);
}

fn wallet(line: &Line) -> Wallet {
    Wallet { book: line.book.clone(), currency: line.currency }
}

/// Lines netted per pair of accounts, in the order in which each pair first came. Lines between the merchant's own
/// buckets are left out: they are not mirrored.
fn netted(history: &[Line]) -> Vec<Line> {
    let mut nets: Vec<Line> = Vec::new();
    for line in history.iter().filter(|line| !(line.debit.is_bucket() && line.credit.is_bucket())) {
        let is_pair = |net: &&mut Line, debit: &Account, credit: &Account| {
            net.book == line.book && net.currency == line.currency && net.debit == *debit && net.credit == *credit
        };
        if let Some(net) = nets.iter_mut().find(|net| is_pair(net, &line.debit, &line.credit)) {
            net.amount += line.amount;
        } else if let Some(net) = nets.iter_mut().find(|net| is_pair(net, &line.credit, &line.debit)) {
            net.amount -= line.amount;
        } else {
            nets.push(line.clone());
        }
    }
    nets.retain(|net| net.amount != 0);
    for net in nets.iter_mut().filter(|net| net.amount < 0) {
        std::mem::swap(&mut net.debit, &mut net.credit);
        net.amount = -net.amount;
    }
    nets
}
