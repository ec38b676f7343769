//! The items of an entry of ours: what it moved on the scheme receivable, paid out, or settled.

use super::item::{Item, Side};
use super::name::{NodeName, PAYOUTS, Tag, owner, plain_source};
use super::{FIRST_NOW, HOUSE_ENTRIES, HouseEntry, NODES, first, pair};
use crate::folds::charges::{Kind, charges, minor};
use crate::folds::objects::PayoutState;
use crate::views::{Error, Rows};
use ledger::entry::{Code, Party, Posting, Recorded, Row};
use schemas::event::{Beginning, Book, EventType, Subject};
use schemas::ids::PayoutId;
use schemas::money::Currency;
use schemas::report::ReportKind;

/// What an event of a payment is expected to be reported as; `None`: nothing is.
const fn kind_of(event_type: EventType) -> Option<ReportKind> {
    use EventType as T;
    match event_type {
        T::Sale | T::PreauthCompleted | T::TipAdjusted | T::Void | T::Reversal => Some(ReportKind::Sale),
        T::Refund | T::RefundFailed | T::StandaloneRefund => Some(ReportKind::Refund),
        T::Chargeback | T::DisputeLost | T::StandaloneChargeback => Some(ReportKind::Chargeback),
        T::ChargebackRepresented | T::DisputeWon => Some(ReportKind::Representment),
        T::InstalmentSubsidy => Some(ReportKind::Fee),
        T::LedgerOpened
        | T::DayClosed
        | T::CalendarSet
        | T::ContractSet
        | T::PreauthPlaced
        | T::PreauthIncreased
        | T::PreauthReleased
        | T::DisputeOpened
        | T::HoldPlaced
        | T::HoldReleased
        | T::HoldSeized
        | T::ReserveReleased
        | T::EarlyRelease
        | T::PayoutInitiated
        | T::PayoutPaid
        | T::PayoutFailed
        | T::PayoutReturned
        | T::FeeCharged
        | T::FeeWaived
        | T::TierAdjusted
        | T::DebtRepaid
        | T::DebtWrittenOff
        | T::Adjustment
        | T::MaintenanceDue
        | T::BatchClosed
        | T::CustomerErased
        | T::SchemeSettled
        | T::PartnerPaid
        | T::TaxPaid
        | T::PspPaidBank
        | T::FeesSwept
        | T::OpeningBalance
        | T::OpeningPayment
        | T::ReportLine
        | T::ReportClosed
        | T::BreakClosed => None,
    }
}

/// What a line moves on the scheme receivable: which scheme's, and how much; not what the scheme keeps back as its costs.
fn receivable(line: &Posting) -> Option<(&str, i128)> {
    let (account, other, sign) = match (line.debit.code, line.credit.code) {
        (Code::SchemeReceivable, other) => (&line.debit, other, 1),
        (other, Code::SchemeReceivable) => (&line.credit, other, -1),
        _ => return None,
    };
    match (&account.party, other) {
        (_, Code::InterchangeCost | Code::SchemeFeeCost) => None,
        (Party::Scheme(scheme), _) => Some((scheme.as_str(), sign * minor(line))),
        _ => None,
    }
}

/// What an entry of a payment costs at its source: of a scheme interchange and scheme fee, of a PSP its fees with VAT.
fn fee(row: &Row, book: &Book) -> i128 {
    let cost = |code: Code| matches!(code, Code::InterchangeCost | Code::SchemeFeeCost);
    match book {
        Book::Bank => {
            let of = |line: &&Posting| line.book == Book::Bank;
            let signed = |line: &Posting| if cost(line.debit.code) { minor(line) } else { -minor(line) };
            row.lines.iter().filter(of).filter(|line| cost(line.debit.code) != cost(line.credit.code)).map(signed).sum()
        }
        Book::Psp(_) => {
            charges(row).iter().filter(|((kind, of, _), _)| of == book && matches!(kind, Kind::Mdr | Kind::Gateway)).map(|(_, charge)| charge.amount).sum()
        }
    }
}

/// Adds the items of an entry of a payment.
pub fn payment(entry: &Recorded, rows: &mut Rows) -> Result<(), Error> {
    let row = &entry.row;
    let (Some(Subject::Merchant(merchant)), Some(payment), Some(facts)) = (&row.subject, &row.payment, &row.facts) else { return Ok(()) };
    let Some(kind) = row.event_type.and_then(kind_of) else { return Ok(()) };
    let Some((line, scheme)) = row.lines.iter().find_map(|line| receivable(line).map(|(scheme, _)| (line, scheme))) else { return Ok(()) };
    let (book, currency) = (&line.book, line.currency);
    let source = plain_source(book, scheme);
    let node = |kind, tag, name| NodeName { owner: merchant.as_str(), source: &source, kind, tag, name };
    // A sale's payment is new, so only a line can have told of it before: where its source has told nothing yet, nothing is looked for.
    let is_new = row.event_type.and_then(EventType::begins_payment) == Some(Beginning::New);
    let is_unknown = is_new && rows.get(&FIRST_NOW, source.as_str())?.is_none();
    let is_settled_alike = facts.currency == currency;
    // A void or whole reversal takes back all that the payment has, its subsidies too: each under its own kind.
    let is_whole = row.volumes.sales_count < 0;
    let parts = if is_whole {
        let mut sums = |kind| Ok::<_, Error>(rows.get(&NODES, node(kind, Tag::Payment, payment.as_str()))?.map_or((0, 0), |node| node.sum));
        let (sale, subsidy) = (sums(ReportKind::Sale)?, sums(ReportKind::Fee)?);
        [Some((ReportKind::Sale, -sale.0, -sale.1)), (subsidy.0 != 0).then_some((ReportKind::Fee, -subsidy.0, -subsidy.1))]
    } else {
        let moved = row.lines.iter().filter_map(receivable).map(|(_, amount)| amount).sum();
        [Some((kind, moved, fee(row, book))), None]
    };
    for (kind, minor, fee) in parts.into_iter().flatten() {
        let by_payment = node(kind, Tag::Payment, payment.as_str());
        let item = Item {
            date: row.date,
            entry: entry.number,
            offset: row.offset,
            minor,
            currency,
            fee: is_settled_alike.then_some(fee),
            payment: Some(payment.clone()),
            reference: row.reference.clone(),
            side: Side::Ours { contract: Some(facts.contract), book: book.clone() },
        };
        if is_unknown && row.reference.is_none() && minor != 0 {
            first::begin_payment(by_payment, item, (minor, fee), rows)?;
            continue;
        }
        let node_of_payment = if is_unknown { rows.fresh(&NODES, by_payment)? } else { rows.row(&NODES, by_payment)? };
        node_of_payment.sum = (node_of_payment.sum.0 + minor, node_of_payment.sum.1 + fee);
        let is_first = row.reference.is_none() && minor != 0 && first::is_empty(node_of_payment);
        let key = row.reference.as_ref().map_or(by_payment, |reference| node(kind, Tag::Reference, reference.as_str()));
        if is_first { first::begin(key, item, Vec::new(), rows)? } else { pair::add(key, item, rows)? }
    }
    Ok(())
}

/// What an entry moves on the cash of a book: the bank's settlement cash, a PSP's client reserve.
fn cash(row: &Row) -> Option<(Book, Currency, i128)> {
    let is_cash = |code: Code| matches!(code, Code::SettlementCash | Code::ClientReserve);
    row.lines.iter().find_map(|line| match (is_cash(line.debit.code), is_cash(line.credit.code)) {
        (true, false) => Some((line.book.clone(), line.currency, minor(line))),
        (false, true) => Some((line.book.clone(), line.currency, -minor(line))),
        (true, true) | (false, false) => None,
    })
}

/// Adds the item of a payout that left or came back.
pub fn payout(entry: &Recorded, payout: &PayoutId, rows: &mut Rows) -> Result<(), Error> {
    let row = &entry.row;
    let Some(subject) = &row.subject else { return Ok(()) };
    match row.event_type.and_then(PayoutState::by) {
        Some(PayoutState::Paid | PayoutState::Returned) => {}
        // Initiated it has not left yet, and what failed never left.
        Some(PayoutState::Initiated | PayoutState::Failed) | None => return Ok(()),
    }
    let Some((book, currency, minor)) = cash(row) else { return Ok(()) };
    let key = NodeName { owner: owner(subject), source: PAYOUTS, kind: ReportKind::Payout, tag: Tag::Payout, name: payout.as_str() };
    let side = Side::Ours { contract: None, book };
    let item = Item { date: row.date, entry: entry.number, offset: row.offset, minor, currency, fee: None, payment: None, reference: None, side };
    pair::add(key, item, rows)
}

/// Notes what the house settled with schemes, PSPs and partners.
pub fn house(entry: &Recorded, rows: &mut Rows) -> Result<(), Error> {
    let row = &entry.row;
    let is_settled = row.event_type.is_some_and(EventType::settles_house);
    let own = |code: Code| matches!(code, Code::SettlementCash | Code::ClientReserve);
    for line in row.lines.iter().filter(|_| is_settled) {
        let (other, minor) = match (own(line.debit.code), own(line.credit.code)) {
            (true, false) => (&line.credit, minor(line)),
            (false, true) => (&line.debit, -minor(line)),
            (true, true) | (false, false) => continue,
        };
        let (party, is_scheme) = match &other.party {
            Party::Scheme(id) => (id.to_string(), true),
            Party::Psp(id) => (id.to_string(), false),
            Party::Partner(id) => (id.to_string(), false),
            Party::None | Party::Merchant => continue,
        };
        let book = match &line.book {
            Book::Bank => "bank".to_owned(),
            Book::Psp(psp) => format!("psp:{psp}"),
        };
        let told = HouseEntry { offset: row.offset, event: row.event.clone(), is_scheme, book, party, currency: Some(line.currency), minor };
        rows.put(&HOUSE_ENTRIES, (row.date, entry.number), told)?;
    }
    Ok(())
}
