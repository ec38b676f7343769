//! What the simulated bank reads in its own ledger before it pays: the balances of its merchants, and its accounts.

use super::city::City;
use crate::node::{Error, Node};
use projections::answers::{self, AccountKeyName, AccountQuery, AccountRows, AsOf, KeyValue};
use schemas::ids::MerchantId;

/// What a merchant has in the book and the currency of its contract, in minor units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Funds {
    /// Still to be cleared.
    pub pending: u64,
    /// What may be paid out now.
    pub available: u64,
    /// Withheld for what may come.
    pub reserved: u64,
    /// What it owes.
    pub owed: u64,
}

/// An account of the trial balance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The payment company whose book it is in; `None` is the bank's.
    pub psp: Option<String>,
    /// Its number in the chart of accounts.
    pub code: u16,
    /// Its currency.
    pub currency: String,
    /// Whose it is.
    pub party: Option<String>,
    /// Debits less credits, in minor units.
    pub balance: i128,
}

/// What the ledger says in the morning.
#[derive(Debug, Default)]
pub struct Books {
    /// Of each merchant, in the city's order.
    pub funds: Vec<Funds>,
    /// Accounts that are no merchant's, and merchants' accounts summed up.
    pub accounts: Vec<Account>,
}

impl Books {
    /// Reads them, as they are now.
    ///
    /// # Errors
    /// Whatever a partition says that cannot be read.
    pub fn read(node: &Node, city: &City) -> Result<Self, Error> {
        let funds = city.merchants.iter().map(|merchant| funds(node, &merchant.id, merchant.currency.0)).collect::<Result<_, _>>()?;
        Ok(Self { funds, accounts: accounts(node)? })
    }

    /// What a merchant has; nothing where it is not known.
    pub fn of(&self, place: usize) -> Funds {
        self.funds.get(place).copied().unwrap_or_default()
    }
}

fn funds(node: &Node, merchant: &str, currency: &str) -> Result<Funds, Error> {
    let Some(id) = MerchantId::new(merchant) else { return Ok(Funds::default()) };
    let found = match node.home(merchant)?.answer(|shard| answers::balances(shard, &id, AsOf::Now)) {
        // Nothing was booked for it yet.
        Err(Error::Answer { error: answers::Error::NotFound, .. }) => return Ok(Funds::default()),
        found => found?,
    };
    let holder = found.holder();
    let purse = found.purses.iter().find(|((code, book), _)| code.code() == currency && *book == holder).map(|(_, purse)| purse);
    let minor = |amount: i128| u64::try_from(amount).unwrap_or(0);
    Ok(purse.map_or_else(Funds::default, |purse| Funds {
        pending: minor(purse.pending.values().sum()),
        available: minor(purse.available),
        reserved: minor(purse.reserve.values().sum()),
        owed: minor(purse.owed),
    }))
}

fn accounts(node: &Node) -> Result<Vec<Account>, Error> {
    let names = |names: &[AccountKeyName]| AccountQuery { group_by: names.to_vec(), ..AccountQuery::default() };
    let mut accounts = Vec::new();
    // Merchants' accounts are many, and only their sums are of interest: they have no party in these rows.
    for row in ask(node, &names(&[AccountKeyName::Book, AccountKeyName::Code, AccountKeyName::Currency]))? {
        if is_merchants(row.code) {
            accounts.push(row);
        }
    }
    for code in ["1010", "1030", "1045", "2080", "2090", "2130"] {
        let keys = [AccountKeyName::Book, AccountKeyName::Code, AccountKeyName::Currency, AccountKeyName::Party];
        accounts.extend(ask(node, &AccountQuery { filters: vec![(AccountKeyName::Code, code.to_owned())], ..names(&keys) })?);
    }
    Ok(accounts)
}

/// Whether an account is a merchant's money, or what a merchant owes.
pub const fn is_merchants(code: u16) -> bool {
    matches!(code, 1050 | 2010 | 2020 | 2030 | 2040 | 2045 | 2050)
}

fn ask(node: &Node, query: &AccountQuery) -> Result<Vec<Account>, Error> {
    let mut all: Option<AccountRows> = None;
    for place in node.places() {
        let (found, _) = place.answer(|shard| answers::accounts(shard, query, AsOf::Now))?;
        match &mut all {
            None => all = Some(found),
            Some(rows) => rows.merge(found).map_err(|error| Error::Answer { partition: place.partition(), error })?,
        }
    }
    let Some(AccountRows { keys, rows, .. }) = all else { return Ok(Vec::new()) };
    let text = |values: &[KeyValue], name: AccountKeyName| {
        let value = keys.iter().position(|key| *key == name).and_then(|place| values.get(place));
        value.and_then(|value| if let KeyValue::Text(text) = value { Some(text.clone()) } else { None })
    };
    let row = |(values, (currency, sums)): (&Vec<KeyValue>, &(schemas::money::Currency, projections::folds::accounts::Sums))| Account {
        psp: text(values, AccountKeyName::Book).and_then(|book| book.strip_prefix("psp:").map(str::to_owned)),
        code: text(values, AccountKeyName::Code).and_then(|code| code.parse().ok()).unwrap_or(0),
        currency: currency.code().to_owned(),
        party: text(values, AccountKeyName::Party),
        balance: sums.balance(),
    };
    Ok(rows.iter().map(row).collect())
}
