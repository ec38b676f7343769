//! Reports of schemes, payment companies and banks, read from their files into `report_line`s.
//!
//! | file | what it knows |
//! |---|---|
//! | this one | a line, what is wrong with a file, and which format has which reader |
//! | `input` | files as they are, zipped or not, a line at a time; Chinese ones in UTF-8 or GBK |
//! | `pieces` | the same of formats whose rows go over lines, a bounded piece at a time |
//! | `zipped` | the one file of a zip that is meant |
//! | `names` | ids of others as ids of ours: references, aliases |
//! | `money` | decimals of others |
//! | `written` | numbers of a file of whatever signs |
//! | `wrong` | what is wrong with a file, and how much of it is told |
//! | `mapping` `encoding` | what the columns of a CSV file mean, and in which characters it is written |
//! | `unionpay` `wechat` `alipay` `adyen` `camt` `mapped` | one layout each |
//! | `found` `unknown` | what a file has: counts, sums, dates, merchants; types of rows that are not known |
//! | `event` `ids` | lines and their end as events, with ids that the same file gives again |
//!
//! A file is read twice: once to see that it is whole, once to send it. In memory are a line, and a hash of each line.

pub mod adyen;
pub mod alipay;
pub mod camt;
pub mod cells;
pub mod encoding;
pub mod event;
pub mod found;
pub mod ids;
pub mod input;
pub mod mapped;
pub mod mapping;
pub mod money;
pub mod names;
pub mod pieces;
pub mod unionpay;
pub mod unknown;
pub mod wechat;
pub mod written;
pub mod wrong;
pub mod zipped;

pub use wrong::{Wrong, Wrongs};

use input::Input;
use mapping::Mapping;
use rust_decimal::Decimal;
use schemas::money::Currency;
use schemas::report::ReportKind;
use schemas::time::Date;

/// The layout of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// UnionPay's common clearing file (ZM): fixed width, GBK
    Unionpay,
    /// A WeChat Pay transaction bill: CSV, zipped or not
    Wechat,
    /// An Alipay business detail bill: CSV, zipped or not
    Alipay,
    /// Adyen's settlement details report: CSV
    Adyen,
    /// A bank's camt.053 or camt.054, 001.02 to 001.08
    Camt,
    /// Any CSV, by a mapping
    Csv,
}

/// A line of a report, as its file has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its number in the file.
    pub number: u64,
    /// Its own bytes.
    pub bytes: Vec<u8>,
    /// What it is about.
    pub kind: ReportKind,
    /// Whether the source owes us or pays us.
    pub credit: bool,
    /// How much, not below zero.
    pub amount: Decimal,
    /// In what.
    pub currency: Currency,
    /// The report's own date of it.
    pub date: Date,
    /// How the source names it.
    pub reference: Option<String>,
    /// What we name the payment, where the source knows.
    pub payment: Option<String>,
    /// The payout.
    pub payout: Option<String>,
    /// What the source charges; below zero: what comes back.
    pub fee: Option<Decimal>,
    /// The scheme, payment company or partner.
    pub scheme: Option<String>,
    /// What it says besides.
    pub text: Option<String>,
    /// How the source names the merchant: the first that an alias knows.
    pub merchants: Vec<String>,
    /// Whether it tells that money came back.
    pub returned: bool,
    /// Whether one of its ids was left out, since it is longer than ours may be.
    pub left_out: bool,
}

impl Line {
    /// A line of an amount, with nothing else.
    pub fn new(number: u64, bytes: &[u8], kind: ReportKind, (credit, amount, currency): (bool, Decimal, Currency), date: Date) -> Self {
        let (bytes, none) = (bytes.to_vec(), || None);
        let (reference, payment, payout, scheme, text) = (none(), none(), none(), none(), none());
        Self {
            number,
            bytes,
            kind,
            credit,
            amount,
            currency,
            date,
            reference,
            payment,
            payout,
            fee: None,
            scheme,
            text,
            merchants: Vec::new(),
            returned: false,
            left_out: false,
        }
    }
}

/// What a file says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// The report's date.
    pub date: Option<Date>,
    /// Who reports, where the file says it: a bank's account.
    pub source: Option<String>,
    /// What its trailer says, beside what was counted.
    pub trailer: Vec<(String, String, String)>,
    /// What somebody should look at before it is sent.
    pub warnings: Vec<String>,
    /// Rows that could not be read: where there is one, the file is not taken.
    pub wrong: Wrongs,
}

/// What is said of a last line without a line end: half of an amount is an amount, too.
const NO_LINE_END: &str = "the last line has no line end: it may be cut off";

/// How a file is to be read.
#[derive(Clone, Debug)]
pub struct Reading {
    /// Its layout.
    pub format: Format,
    /// Who reports, where that was said.
    pub source: Option<String>,
    /// Of a CSV file: which column is what.
    pub mapping: Option<Mapping>,
}

/// What is done with each line.
pub type Each<'a> = &'a mut dyn FnMut(Line) -> Result<(), Wrong>;

impl Reading {
    /// Reads a file. Every line is told, and whether it is whole is known at the end.
    pub fn read(&self, input: &mut Input, each: Each<'_>) -> Result<Facts, Wrong> {
        match self.format {
            Format::Unionpay => unionpay::read(input, each),
            Format::Wechat => wechat::read(input, each),
            Format::Alipay => alipay::read(input, each),
            Format::Adyen => adyen::read(input, each),
            Format::Camt => camt::read(input, self.source.as_deref(), each),
            Format::Csv => match &self.mapping {
                Some(mapping) => mapped::read(input, mapping, each),
                None => Err(Wrong::at(0, "a CSV file needs --mapping")),
            },
        }
    }

    /// Who reports, where neither the file nor the caller says it.
    pub fn default_source(&self) -> Option<&str> {
        match self.format {
            Format::Unionpay => Some("scheme:unionpay"),
            Format::Wechat => Some("scheme:wechat"),
            Format::Alipay => Some("scheme:alipay"),
            Format::Adyen => Some("psp:adyen"),
            Format::Camt => None,
            Format::Csv => self.mapping.as_ref().and_then(|mapping| mapping.source.as_deref()),
        }
    }
}
