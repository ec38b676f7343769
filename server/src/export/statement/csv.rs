//! A statement as CSV (RFC 4180): a line a row. `change` is what the line adds to all that the merchant has less what it
//! owes, so the changes of a currency and book are the movements of the dates.

use super::Form;
use crate::export::Transaction;
use crate::table::csv::{guarded, writer};
use schemas::money::format_minor;
use std::io::{self, Write};

/// The columns.
const COLUMNS: [&str; 18] = [
    "entry",
    "line",
    "position",
    "event",
    "type",
    "business_date",
    "occurred_at",
    "payment",
    "book",
    "currency",
    "debit_code",
    "debit_party",
    "debit_detail",
    "credit_code",
    "credit_party",
    "credit_detail",
    "amount",
    "change",
];

/// The form.
pub struct Csv;

impl Form for Csv {
    fn begin(&mut self, _: usize, output: &mut dyn Write) -> io::Result<()> {
        let mut rows = writer(output);
        rows.write_record(COLUMNS)?;
        rows.flush()
    }

    fn transaction(&mut self, _: usize, transaction: &Transaction, output: &mut dyn Write) -> io::Result<()> {
        let mut rows = writer(output);
        let optional = |text: &Option<String>| text.clone().unwrap_or_default();
        for line in &transaction.lines {
            let told = &line.told;
            let cells = [
                transaction.entry.clone(),
                line.number.to_string(),
                transaction.position.clone(),
                guarded(&transaction.event).into_owned(),
                transaction.event_type.to_owned(),
                transaction.date.to_string(),
                optional(&transaction.occurred_at),
                guarded(&optional(&transaction.payment)).into_owned(),
                told.book.clone(),
                told.currency.clone(),
                told.debit.code.clone(),
                guarded(&optional(&told.debit.party)).into_owned(),
                guarded(&optional(&told.debit.detail)).into_owned(),
                told.credit.code.clone(),
                guarded(&optional(&told.credit.party)).into_owned(),
                guarded(&optional(&told.credit.detail)).into_owned(),
                told.amount.clone(),
                format_minor(line.change(), line.posting.currency),
            ];
            rows.write_record(cells)?;
        }
        rows.flush()
    }

    fn end(&mut self, _: usize, _: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }
}
