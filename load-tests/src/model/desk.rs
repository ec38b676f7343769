//! The desk at which one entry is written: it posts lines, draws money by the waterfall of section 6, and settles up.

use super::account::{Account, Line};
use super::calendar::Calendars;
use super::contract::Contract;
use super::event::Event;
use super::pricing::Fees;
use super::purse::Purse;
use super::state::{Merchant, Payment};
use super::wallet::Wallet;
use schemas::money::Currency;
use schemas::time::Date;
use std::sync::Arc;

/// Why an event is not posted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// It waits for something: a merchant, payment, hold, payout, dispute or refund.
    Wait(&'static str),
    /// A business rule, by its code.
    Refuse(&'static str),
}

/// Whether an event is posted.
pub type Handled = Result<(), Stop>;

/// Where money comes from: accounts and amounts, in order.
pub type Sources = Vec<(Account, i128)>;

/// One entry being written.
pub struct Desk<'a> {
    /// The event.
    pub event: &'a Event,
    /// Whose entry it is.
    pub name: &'a str,
    /// All that is known of that merchant.
    pub merchant: &'a mut Merchant,
    /// The open business date.
    pub today: Date,
    /// The calendars.
    pub calendars: &'a Calendars,
    /// The lines so far.
    pub lines: Vec<Line>,
}

impl Desk<'_> {
    /// An account of this merchant.
    pub fn own(&self, code: u16) -> Account {
        Account::of(code, self.name)
    }

    /// An account of this merchant with a detail.
    pub fn own_detailed(&self, code: u16, detail: &str) -> Account {
        Account::detailed(code, self.name, detail)
    }

    /// The contract in force; without one everything waits.
    pub fn contract(&self) -> Result<Arc<Contract>, Stop> {
        self.merchant.contract.clone().ok_or(Stop::Wait("merchant"))
    }

    /// What the merchant has in a wallet.
    pub fn purse(&mut self, wallet: &Wallet) -> &mut Purse {
        self.merchant.purses.entry((wallet.book.clone(), wallet.currency)).or_default()
    }

    /// Posts one line; nothing for zero, the other way round below it.
    pub fn post(&mut self, wallet: &Wallet, debit: Account, credit: Account, amount: i128) {
        if amount < 0 {
            return self.post(wallet, credit, debit, -amount);
        }
        if amount == 0 {
            return;
        }
        for (account, signed) in [(&debit, -amount), (&credit, amount)] {
            if account.is_bucket() || account.code == 9010 {
                self.purse(wallet).credit(account, signed);
            }
        }
        self.lines.push(Line { book: wallet.book.clone(), currency: wallet.currency, debit, credit, amount });
    }

    /// Pairs sources with credits, both in order.
    pub fn pay(&mut self, wallet: &Wallet, sources: Sources, credits: Vec<(Account, i128)>) {
        let mut credits = credits.into_iter().filter(|(_, amount)| *amount > 0);
        let Some((mut credit, mut open)) = credits.next() else { return };
        for (source, mut has) in sources {
            while has > 0 {
                let amount = has.min(open);
                self.post(wallet, source.clone(), credit.clone(), amount);
                has -= amount;
                open -= amount;
                if open == 0 {
                    match credits.next() {
                        Some(next) => (credit, open) = next,
                        None => return,
                    }
                }
            }
        }
    }

    /// The waterfall: own pending, available, own reserve, other reserve (oldest first, where allowed), then 1050.
    /// Counts what it takes of its own as taken back; the lines are for the caller to post at once.
    pub fn draw(&mut self, wallet: &Wallet, payment: Option<&mut Payment>, amount: i128, other_reserve: bool) -> Sources {
        let (available_account, owed_account, name) = (self.own(2020), self.own(1050), self.name.to_owned());
        let purse = self.purse(wallet);
        let mut reserve = purse.reserve.clone();
        let (mut sources, mut left) = (Sources::new(), amount);
        let mut take = |account: Account, has: i128| {
            let taken = has.min(left).max(0);
            if taken > 0 {
                sources.push((account, taken));
                left -= taken;
            }
            taken
        };
        let mut own = payment;
        if let Some(payment) = own.as_deref_mut() {
            let has = payment.own_pending.min(purse.pending.get(&payment.available_on).copied().unwrap_or(0));
            payment.own_pending -= take(Account::detailed(2010, &name, &payment.available_on.to_string()), has);
        }
        take(available_account, purse.available);
        if let Some(payment) = own {
            let tranche = reserve.entry(payment.release_on).or_insert(0);
            let taken = take(Account::detailed(2030, &name, &payment.release_on.to_string()), payment.own_reserve.min(*tranche));
            payment.own_reserve -= taken;
            *tranche -= taken;
        }
        if other_reserve {
            for (release_on, has) in &reserve {
                take(Account::detailed(2030, &name, &release_on.to_string()), *has);
            }
        }
        take(owed_account, i128::MAX);
        sources
    }

    /// Takes a fee by the waterfall, its income net of VAT.
    pub fn take_fee(&mut self, wallet: &Wallet, payment: Option<&mut Payment>, income: Account, fee: i128, vat: i128) {
        let sources = self.draw(wallet, payment, fee, true);
        // Where there is more VAT than fee, the rest of it is out of the income.
        let of_vat = vat.clamp(0, fee);
        self.pay(wallet, sources, vec![(income.clone(), fee - of_vat), (Account::plain(2090), of_vat)]);
        self.post(wallet, income, Account::plain(2090), vat - of_vat);
    }

    /// Gives a fee back to one of the merchant's accounts, its VAT out of 2090.
    pub fn give_fee(&mut self, wallet: &Wallet, to: &Account, income: Account, fee: i128, vat: i128) {
        let of_vat = vat.clamp(0, fee);
        self.post(wallet, income.clone(), to.clone(), fee - of_vat);
        self.post(wallet, Account::plain(2090), to.clone(), of_vat);
        // Where VAT comes back and the fee does not, it moves between income and 2090.
        self.post(wallet, Account::plain(2090), income, vat - of_vat);
    }

    /// Money of a payment from the scheme to one of the merchant's accounts.
    pub fn money_in(&mut self, payment: &Payment, to: &Account, amount: i128, settled: i128) {
        let (scheme, wallet) = (Account::of(1010, &payment.instrument.scheme), Wallet::of(payment));
        if payment.conversion.is_some() {
            let foreign = Wallet { book: payment.book.clone(), currency: payment.currency };
            self.post(&foreign, scheme, Account::plain(2130), amount);
            self.post(&wallet, Account::plain(2130), to.clone(), settled);
        } else {
            self.post(&wallet, scheme, to.clone(), amount);
        }
    }

    /// Money of a payment from the merchant's accounts to the scheme.
    pub fn money_out(&mut self, payment: &Payment, sources: Sources, amount: i128) {
        let (scheme, wallet) = (Account::of(1010, &payment.instrument.scheme), Wallet::of(payment));
        if payment.conversion.is_some() {
            let foreign = Wallet { book: payment.book.clone(), currency: payment.currency };
            let settled = sources.iter().map(|(_, amount)| amount).sum();
            self.pay(&wallet, sources, vec![(Account::plain(2130), settled)]);
            self.post(&foreign, Account::plain(2130), scheme, amount);
        } else {
            self.pay(&wallet, sources, vec![(scheme, amount)]);
        }
    }

    /// Interchange and scheme fee of a payment; negative ones come back.
    pub fn costs(&mut self, payment: &Payment, fees: &Fees) {
        let (wallet, scheme) = (Wallet::of(payment), payment.instrument.scheme.as_str());
        let billed = payment.contract.gross || payment.conversion.is_some();
        let payable = |code: u16| Account::of(if billed { code } else { 1010 }, scheme);
        self.post(&wallet, self.own(5010), payable(2060), fees.interchange);
        self.post(&wallet, self.own(5020), payable(2070), fees.scheme);
    }

    /// The partner's share of a payment; a negative one is clawed back.
    pub fn partner(&mut self, payment: &Payment, fees: &Fees) {
        if let Some(partner) = &payment.contract.partner {
            self.post(&Wallet::of(payment), Account::of(5030, &partner.id), Account::of(2080, &partner.id), fees.partner);
        }
    }

    /// What the PSP owes the bank for its channel, in both books; negative comes back.
    pub fn channel(&mut self, payment: &Payment, fees: &Fees) {
        let Some(psp) = payment.contract.psp.clone() else { return };
        let wallet = Wallet::of(payment);
        let bank = Wallet { book: "bank".to_owned(), currency: wallet.currency };
        let due = Account::of(1045, &psp.id);
        self.post(&bank, due.clone(), self.own(4080), fees.channel - fees.channel_vat);
        self.post(&bank, due, Account::plain(2090), fees.channel_vat);
        self.post(&wallet, self.own(5045), Account::plain(2085), fees.channel);
    }

    /// Adds to what the merchant's purses of a currency must come to.
    pub fn expect(&mut self, currency: Currency, amount: i128) {
        *self.merchant.expected.entry(currency).or_insert(0) += amount;
    }

    /// Ends an entry: what is available repays what is owed, then feeds holds in order of placing.
    pub fn settle(&mut self) {
        let wallets: Vec<_> = self.merchant.purses.keys().cloned().collect();
        for (book, currency) in wallets {
            self.settle_wallet(&Wallet { book, currency });
        }
    }

    /// The same for one wallet.
    pub fn settle_wallet(&mut self, wallet: &Wallet) {
        let purse = self.purse(wallet);
        let repaid = purse.available.min(purse.owed).max(0);
        self.post(wallet, self.own(2020), self.own(1050), repaid);
        for index in 0..self.merchant.holds.len() {
            let available = self.purse(wallet).available.max(0);
            let hold = &mut self.merchant.holds[index];
            if hold.book != wallet.book || hold.currency != wallet.currency || hold.closed {
                continue;
            }
            let fed = hold.missing.min(available);
            hold.missing -= fed;
            hold.amount += fed;
            let id = hold.id.clone();
            self.post(wallet, self.own(2020), self.own_detailed(2040, &id), fed);
        }
    }
}
