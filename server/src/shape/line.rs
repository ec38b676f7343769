//! A journal line as it is told: book, currency, both accounts and the amount as a decimal string.

use ledger::entry::{Account, Detail, Leg, Party, Posting, Row};
use schemas::event::Subject;
use schemas::money::format_minor;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa::openapi::schema::{ObjectBuilder, Type};

/// One side of a line: an account of the chart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = Account)]
pub struct SideForm {
    /// The code in the chart of accounts.
    #[schema(example = "2020")]
    pub code: String,
    /// Whose account it is: a merchant, scheme, PSP or partner.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "M100001")]
    pub party: Option<String>,
    /// What tells accounts of one code and party apart: a date, hold, payout or payment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// Money moved from one account to another, in one book and one currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = Line)]
pub struct LineForm {
    /// `bank` or `psp:<id>`.
    #[schema(example = "bank")]
    pub book: String,
    /// ISO 4217.
    #[schema(example = "CNY")]
    pub currency: String,
    /// The account that is debited.
    pub debit: SideForm,
    /// The account that is credited.
    pub credit: SideForm,
    /// A decimal string with all the currency's decimals.
    #[schema(example = "128.50")]
    pub amount: String,
    /// What it is for.
    #[schema(schema_with = leg_schema)]
    pub leg: String,
}

/// What a line is for: each word with what it means. It stays a string in the schema, because words may be added.
pub fn leg_schema() -> ObjectBuilder {
    let words: Vec<String> = Leg::ALL.iter().map(|leg| format!("- `{}`: {}", leg.as_str(), leg.about())).collect();
    ObjectBuilder::new()
        .schema_type(Type::String)
        .description(Some(format!(
            "What the line is for. A void or whole reversal has the words of what it mirrors. Words may be added.\n\n{}",
            words.join("\n")
        )))
        .examples([Leg::Mdr.as_str()])
}

/// Which lines of an entry are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lines {
    /// All of them.
    Every,
    /// Those that touch the merchant's own accounts: never interchange, scheme fees, partner or channel.
    OfMerchant,
}

impl Lines {
    /// Whether a line is one of them.
    pub const fn has(self, posting: &Posting) -> bool {
        match self {
            Self::Every => true,
            Self::OfMerchant => posting.debit.code.is_shown_to_merchant() || posting.credit.code.is_shown_to_merchant(),
        }
    }
}

/// The lines of an entry, in the order posted.
pub fn lines_of(row: &Row, lines: Lines) -> Vec<LineForm> {
    row.lines.iter().filter(|posting| lines.has(posting)).map(|posting| line_of(row, posting)).collect()
}

fn line_of(row: &Row, posting: &Posting) -> LineForm {
    LineForm {
        book: posting.book.to_string(),
        currency: posting.currency.code().to_owned(),
        debit: side_of(row, &posting.debit),
        credit: side_of(row, &posting.credit),
        amount: format_minor(posting.amount.signed(), posting.currency),
        leg: posting.leg.as_str().to_owned(),
    }
}

fn side_of(row: &Row, account: &Account) -> SideForm {
    let party = match &account.party {
        Party::None => None,
        Party::Merchant => match &row.subject {
            Some(Subject::Merchant(merchant)) => Some(merchant.as_str().to_owned()),
            _ => None,
        },
        Party::Scheme(scheme) => Some(scheme.as_str().to_owned()),
        Party::Psp(psp) => Some(psp.as_str().to_owned()),
        Party::Partner(partner) => Some(partner.as_str().to_owned()),
    };
    let detail = match &account.detail {
        Detail::None => None,
        Detail::Date(date) => Some(date.to_string()),
        Detail::Hold(hold) => Some(hold.as_str().to_owned()),
        Detail::Payout(payout) => Some(payout.as_str().to_owned()),
        Detail::Payment => row.payment.as_ref().map(|payment| payment.as_str().to_owned()),
    };
    SideForm { code: account.code.number().to_string(), party, detail }
}
