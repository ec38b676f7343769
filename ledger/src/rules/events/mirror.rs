//! Voids and whole reversals: the mirror of every line of the payment, in every book.
//!
//! Mirrored are the lines of the sale, its tips, part reversals and subsidies, netted per pair of accounts. The
//! reserve comes back first, as far as the payment still has it; other lines between the merchant's own buckets are not
//! mirrored; money and fees come back next (to 2020 where the line was of 1050); at last every line that had given to
//! the merchant is taken by the waterfall, as a fee.

use super::OnPayment;
use super::sale::what_to_mirror;
use crate::entry::{Account, Code, Party};
use crate::rules::draft::{Move, Purview};
use crate::rules::exact::signed;
use crate::rules::state::{Mirror, NetLine, Stage};
use crate::rules::waterfall::{Reach, Target, take_own};
use crate::source::Error;

/// Undoes a payment.
pub fn undo(on: &mut OnPayment) -> Result<(), Error> {
    let lines: Vec<NetLine> = what_to_mirror(on)?.unwrap_or_default().into_iter().map(forwards).filter(|line| line.amount > 0).collect();
    on.payment.mirror = Mirror::Nothing;
    for line in lines.iter().filter(|line| line.debit.code == Code::Pending && line.credit.code == Code::Reserve) {
        on.reserve_back(line.amount.unsigned_abs())?;
    }
    for line in lines.iter().filter(|line| !is_purse(&line.credit)) {
        let at = purview(line);
        let back = if line.debit.code == Code::MerchantReceivable { Account::merchant(Code::Available) } else { line.debit.clone() };
        on.draft.pay(on.merchant, on.payment, &at, Move::new(line.leg, line.credit.clone(), back, line.amount.unsigned_abs()))?;
    }
    for line in lines.iter().filter(|line| is_purse(&line.credit) && !is_purse(&line.debit)) {
        let target = [Target { leg: line.leg, account: line.debit.clone(), amount: line.amount.unsigned_abs() }];
        take_own(on.draft, on.merchant, on.payment, &purview(line), Reach::Everything, &target)?;
    }
    let payment = &mut *on.payment;
    on.volumes.sales_count = -1;
    on.volumes.sales = -signed(payment.settled)?;
    let captured = signed(std::mem::take(&mut payment.captured))?;
    payment.settled = 0;
    payment.stage = Stage::Voided;
    on.count_batch(-1, -captured);
    Ok(())
}

/// The line with its amount above zero.
fn forwards(line: NetLine) -> NetLine {
    if line.amount < 0 { NetLine { debit: line.credit, credit: line.debit, amount: -line.amount, ..line } } else { line }
}

fn purview(line: &NetLine) -> Purview {
    Purview { book: line.book.clone(), currency: line.currency }
}

/// Whether an account is one of the merchant's own buckets.
fn is_purse(account: &Account) -> bool {
    account.party == Party::Merchant && account.code.is_merchant_balance()
}
