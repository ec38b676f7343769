//! Payments, refunds and disputes. Most of what a payment may have it has not: flags say what is there.

use super::{flags_of, put_book, take_book};
use crate::entry::{Account, Code, CustomerKey, Detail, Leg, Party};
use crate::format::bytes::{Bytes, Unreadable, put_number, put_signed, put_text, put_wide};
use crate::format::codes::Numbered;
use crate::format::contract::{put_list, take_flag, take_id, take_list};
use crate::format::fees::{put_fees, take_fees};
use crate::format::stored::Stored;
use crate::format::template::{put_currency, take_currency};
use crate::format::when::{Moment, put_days, take_days};
use crate::rules::state::{Dispute, Fees, Mirror, NetLine, Payment, Refund, Stage};
use schemas::event::{Conversion, Instrument, Rate};
use schemas::ids::{HoldId, PartnerId, PayoutId, PspId, SchemeId, TerminalId};
use schemas::time::{Date, OccurredAt};

/// What a payment has besides, or what is otherwise than usual.
struct Flags;

impl Flags {
    const TERMINAL: u64 = 1;
    const CUSTOMER: u64 = 1 << 1;
    const PURCHASED: u64 = 1 << 2;
    const RELEASE_ON: u64 = 1 << 3;
    const RESERVE: u64 = 1 << 4;
    const CARRIED: u64 = 1 << 5;
    const OWN_AS_OF: u64 = 1 << 6;
    const GONE_BACK: u64 = 1 << 7;
    const AUTHORISED: u64 = 1 << 8;
    const SETTLED: u64 = 1 << 9;
    const SETTLED_CURRENCY: u64 = 1 << 10;
    const CONVERSION: u64 = 1 << 11;
    const GATEWAY: u64 = 1 << 12;
    const NO_MIRROR: u64 = 1 << 13;
    const LINES: u64 = 1 << 14;
    const ALL: u64 = (1 << 15) - 1;

    fn of(payment: &Payment) -> u64 {
        let Fees { gateway, gateway_vat, channel, channel_vat, .. } = payment.fees;
        flags_of([
            (Self::TERMINAL, payment.terminal.is_some()),
            (Self::CUSTOMER, payment.customer.is_some()),
            (Self::PURCHASED, payment.purchased_at.is_some()),
            (Self::RELEASE_ON, payment.release_on.is_some()),
            (Self::RESERVE, payment.reserve != 0 || payment.own_reserve != 0),
            (Self::CARRIED, payment.carried),
            (Self::OWN_AS_OF, payment.own_as_of != payment.booked_on),
            (Self::GONE_BACK, GoneBack::of(payment) != GoneBack::default()),
            (Self::AUTHORISED, payment.authorised != 0 || payment.memo != 0),
            (Self::SETTLED, payment.settled != payment.captured),
            (Self::SETTLED_CURRENCY, payment.settled_currency != payment.currency),
            (Self::CONVERSION, payment.conversion.is_some()),
            (Self::GATEWAY, [gateway, gateway_vat, channel, channel_vat] != [0; 4]),
            (Self::NO_MIRROR, payment.mirror == Mirror::Nothing),
            (Self::LINES, matches!(payment.mirror, Mirror::Lines(_))),
        ])
    }
}

/// What came of a payment after its capture.
#[derive(Default, PartialEq)]
struct GoneBack {
    refunded: u128,
    refunded_settled: u128,
    refunds: u64,
    back: Fees,
    reserve_back: u128,
    charged_back: u128,
    disputes: u64,
}

impl GoneBack {
    fn of(payment: &Payment) -> Self {
        let Payment { refunded, refunded_settled, refunds, back, reserve_back, charged_back, disputes, .. } = *payment;
        Self { refunded, refunded_settled, refunds, back, reserve_back, charged_back, disputes }
    }

    fn put(&self, out: &mut Vec<u8>) {
        let Self { refunded, refunded_settled, refunds, back, reserve_back, charged_back, disputes } = self;
        put_wide(out, *refunded);
        put_wide(out, *refunded_settled);
        put_number(out, *refunds);
        put_fees(out, back);
        put_wide(out, *reserve_back);
        put_wide(out, *charged_back);
        put_number(out, *disputes);
    }

    fn take(bytes: &mut Bytes<'_>) -> Result<Self, Unreadable> {
        Ok(Self {
            refunded: bytes.wide()?,
            refunded_settled: bytes.wide()?,
            refunds: bytes.number()?,
            back: take_fees(bytes)?,
            reserve_back: bytes.wide()?,
            charged_back: bytes.wide()?,
            disputes: bytes.number()?,
        })
    }
}

impl Stored for Payment {
    const VERSION: u8 = 1;

    fn put(&self, out: &mut Vec<u8>) {
        let flags = Flags::of(self);
        let has = |flag: u64| flags & flag != 0;
        put_number(out, flags);
        put_stage(out, self.stage);
        put_number(out, self.contract);
        put_book(out, &self.book);
        out.push(self.instrument.card.number());
        out.push(self.instrument.entry_mode.map_or(0, Numbered::number));
        put_text(out, self.instrument.scheme.as_str());
        if let Some(terminal) = &self.terminal {
            put_text(out, terminal.as_str());
        }
        if let Some(customer) = self.customer {
            out.extend_from_slice(&customer.bits().to_be_bytes());
        }
        put_days(out, self.booked_on, Date::from_days(0));
        if let Some(at) = self.purchased_at {
            Moment::put(out, at, midnight(self.booked_on));
        }
        put_currency(out, self.currency);
        if has(Flags::SETTLED_CURRENCY) {
            put_currency(out, self.settled_currency);
        }
        if let Some(Conversion { settled, rate: Rate { digits, decimals } }) = self.conversion {
            put_currency(out, settled);
            put_number(out, digits);
            out.push(decimals);
        }
        if has(Flags::AUTHORISED) {
            put_wide(out, self.authorised);
            put_wide(out, self.memo);
        }
        put_wide(out, self.captured);
        if has(Flags::SETTLED) {
            put_wide(out, self.settled);
        }
        put_days(out, self.available_on, self.booked_on);
        if let Some(date) = self.release_on {
            put_days(out, date, self.booked_on);
        }
        let Fees { mdr, mdr_vat, interchange, scheme, partner, gateway, gateway_vat, channel, channel_vat } = self.fees;
        [mdr, mdr_vat, interchange, scheme, partner].into_iter().for_each(|fee| put_wide(out, fee));
        if has(Flags::GATEWAY) {
            [gateway, gateway_vat, channel, channel_vat].into_iter().for_each(|fee| put_wide(out, fee));
        }
        put_wide(out, self.own_pending);
        if has(Flags::RESERVE) {
            put_wide(out, self.reserve);
            put_wide(out, self.own_reserve);
        }
        if has(Flags::OWN_AS_OF) {
            put_days(out, self.own_as_of, self.booked_on);
        }
        if has(Flags::GONE_BACK) {
            GoneBack::of(self).put(out);
        }
        if let Mirror::Lines(lines) = &self.mirror {
            put_list(out, lines, put_line);
        }
    }

    fn take(bytes: &mut Bytes<'_>) -> Result<Self, Unreadable> {
        let flags = bytes.number()?;
        if flags & !Flags::ALL != 0 {
            return Err(Unreadable(format!("flags of {flags:#x} of a payment")));
        }
        let has = |flag: u64| flags & flag != 0;
        let (stage, contract, book) = (take_stage(bytes)?, bytes.number()?, take_book(bytes)?);
        let card = Numbered::numbered(bytes.byte()?)?;
        let entry_mode = match bytes.byte()? {
            0 => None,
            number => Some(Numbered::numbered(number)?),
        };
        let instrument = Instrument { card, entry_mode, scheme: take_id(bytes, SchemeId::new)? };
        let terminal = if has(Flags::TERMINAL) { Some(take_id(bytes, TerminalId::new)?) } else { None };
        let customer = if has(Flags::CUSTOMER) { Some(CustomerKey::new(u64::from_be_bytes(bytes.array()?))) } else { None };
        let booked_on = take_days(bytes, Date::from_days(0))?;
        let purchased_at = if has(Flags::PURCHASED) { Some(Moment::take(bytes, midnight(booked_on))?) } else { None };
        let currency = take_currency(bytes)?;
        let settled_currency = if has(Flags::SETTLED_CURRENCY) { take_currency(bytes)? } else { currency };
        let conversion = if has(Flags::CONVERSION) {
            Some(Conversion { settled: take_currency(bytes)?, rate: Rate { digits: bytes.number()?, decimals: bytes.byte()? } })
        } else {
            None
        };
        let (authorised, memo) = if has(Flags::AUTHORISED) { (bytes.wide()?, bytes.wide()?) } else { (0, 0) };
        let captured = bytes.wide()?;
        let settled = if has(Flags::SETTLED) { bytes.wide()? } else { captured };
        let available_on = take_days(bytes, booked_on)?;
        let release_on = if has(Flags::RELEASE_ON) { Some(take_days(bytes, booked_on)?) } else { None };
        let mut fees =
            Fees { mdr: bytes.wide()?, mdr_vat: bytes.wide()?, interchange: bytes.wide()?, scheme: bytes.wide()?, partner: bytes.wide()?, ..Fees::default() };
        if has(Flags::GATEWAY) {
            (fees.gateway, fees.gateway_vat, fees.channel, fees.channel_vat) = (bytes.wide()?, bytes.wide()?, bytes.wide()?, bytes.wide()?);
        }
        let own_pending = bytes.wide()?;
        let (reserve, own_reserve) = if has(Flags::RESERVE) { (bytes.wide()?, bytes.wide()?) } else { (0, 0) };
        let own_as_of = if has(Flags::OWN_AS_OF) { take_days(bytes, booked_on)? } else { booked_on };
        let gone_back = if has(Flags::GONE_BACK) { GoneBack::take(bytes)? } else { GoneBack::default() };
        let GoneBack { refunded, refunded_settled, refunds, back, reserve_back, charged_back, disputes } = gone_back;
        let mirror = match (has(Flags::NO_MIRROR), has(Flags::LINES)) {
            (false, false) => Mirror::Capture,
            (true, false) => Mirror::Nothing,
            (false, true) => Mirror::Lines(take_list(bytes, take_line)?),
            (true, true) => return Err(Unreadable::new("a payment that mirrors nothing and something")),
        };
        Ok(Self {
            stage,
            contract,
            book,
            instrument,
            terminal,
            customer,
            purchased_at,
            currency,
            settled_currency,
            conversion,
            authorised,
            memo,
            captured,
            settled,
            booked_on,
            available_on,
            release_on,
            fees,
            carried: has(Flags::CARRIED),
            reserve,
            own_pending,
            own_reserve,
            own_as_of,
            refunded,
            refunded_settled,
            refunds,
            back,
            reserve_back,
            charged_back,
            disputes,
            mirror,
        })
    }
}

/// What the instant of a sale is told relative to: the beginning of its business date, in UTC.
fn midnight(date: Date) -> OccurredAt {
    // Dates are of the years 1900 to 9000: some 2 × 10^17 microseconds.
    OccurredAt { micros: i64::from(date.days()) * 86_400_000_000, offset_minutes: None }
}

fn put_stage(out: &mut Vec<u8>, stage: Stage) {
    match stage {
        Stage::Authorised => out.push(1),
        Stage::Captured => out.push(2),
        Stage::Voided => out.push(3),
        Stage::Released => out.push(4),
        Stage::Alone { room } => {
            out.push(5);
            put_wide(out, room);
        }
    }
}

fn take_stage(bytes: &mut Bytes<'_>) -> Result<Stage, Unreadable> {
    match bytes.byte()? {
        1 => Ok(Stage::Authorised),
        2 => Ok(Stage::Captured),
        3 => Ok(Stage::Voided),
        4 => Ok(Stage::Released),
        5 => Ok(Stage::Alone { room: bytes.wide()? }),
        number => Err(Unreadable(format!("no stage of a payment {number}"))),
    }
}

fn put_line(out: &mut Vec<u8>, NetLine { leg, book, currency, debit, credit, amount }: &NetLine) {
    out.push(leg.number());
    put_book(out, book);
    put_currency(out, *currency);
    put_account(out, debit);
    put_account(out, credit);
    put_signed(out, *amount);
}

fn take_line(bytes: &mut Bytes<'_>) -> Result<NetLine, Unreadable> {
    let leg = Leg::from_number(bytes.byte()?).ok_or_else(|| Unreadable::new("no such leg"))?;
    let (book, currency) = (take_book(bytes)?, take_currency(bytes)?);
    Ok(NetLine { leg, book, currency, debit: take_account(bytes)?, credit: take_account(bytes)?, amount: bytes.signed()? })
}

fn put_account(out: &mut Vec<u8>, Account { code, party, detail }: &Account) {
    put_number(out, code.number().into());
    let (kind, name) = match party {
        Party::None => (0, None),
        Party::Merchant => (1, None),
        Party::Scheme(scheme) => (2, Some(scheme.as_str())),
        Party::Psp(psp) => (3, Some(psp.as_str())),
        Party::Partner(partner) => (4, Some(partner.as_str())),
    };
    out.push(kind);
    if let Some(name) = name {
        put_text(out, name);
    }
    match detail {
        Detail::None => out.push(0),
        Detail::Payment => out.push(1),
        Detail::Date(date) => {
            out.push(2);
            put_days(out, *date, Date::from_days(0));
        }
        Detail::Hold(hold) => {
            out.push(3);
            put_text(out, hold.as_str());
        }
        Detail::Payout(payout) => {
            out.push(4);
            put_text(out, payout.as_str());
        }
    }
}

fn take_account(bytes: &mut Bytes<'_>) -> Result<Account, Unreadable> {
    let code = Code::from_number(bytes.narrow()?).ok_or_else(|| Unreadable::new("no such account code"))?;
    let party = match bytes.byte()? {
        0 => Party::None,
        1 => Party::Merchant,
        2 => Party::Scheme(take_id(bytes, SchemeId::new)?),
        3 => Party::Psp(take_id(bytes, PspId::new)?),
        4 => Party::Partner(take_id(bytes, PartnerId::new)?),
        _ => return Err(Unreadable::new("no such kind of party")),
    };
    let detail = match bytes.byte()? {
        0 => Detail::None,
        1 => Detail::Payment,
        2 => Detail::Date(take_days(bytes, Date::from_days(0))?),
        3 => Detail::Hold(take_id(bytes, HoldId::new)?),
        4 => Detail::Payout(take_id(bytes, PayoutId::new)?),
        _ => return Err(Unreadable::new("no such kind of detail")),
    };
    Ok(Account { code, party, detail })
}

impl Stored for Refund {
    const VERSION: u8 = 1;

    fn put(&self, out: &mut Vec<u8>) {
        let Self { amount, settled, back, fixed, failed } = self;
        put_number(out, *amount);
        put_wide(out, *settled);
        put_fees(out, back);
        put_wide(out, fixed.0);
        put_wide(out, fixed.1);
        out.push((*failed).into());
    }

    fn take(bytes: &mut Bytes<'_>) -> Result<Self, Unreadable> {
        let (amount, settled, back) = (bytes.number()?, bytes.wide()?, take_fees(bytes)?);
        Ok(Self { amount, settled, back, fixed: (bytes.wide()?, bytes.wide()?), failed: take_flag(bytes)? })
    }
}

impl Stored for Dispute {
    const VERSION: u8 = 1;

    fn put(&self, out: &mut Vec<u8>) {
        let Self { stage, memo, amount, covered, settled, fee } = self;
        out.push(stage.number());
        [memo, amount, covered].into_iter().for_each(|number| put_number(out, *number));
        put_wide(out, *settled);
        put_wide(out, *fee);
    }

    fn take(bytes: &mut Bytes<'_>) -> Result<Self, Unreadable> {
        let stage = Numbered::numbered(bytes.byte()?)?;
        let (memo, amount, covered) = (bytes.number()?, bytes.number()?, bytes.number()?);
        Ok(Self { stage, memo, amount, covered, settled: bytes.wide()?, fee: bytes.wide()? })
    }
}
