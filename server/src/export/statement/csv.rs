//! A statement as CSV (RFC 4180): a line a row. `change` is what the line adds to all that the merchant has less what it
//! owes, so the changes of a currency and book are the day's movements.

use super::Form;
use crate::export::Transaction;
use schemas::money::format_minor;
use std::io::{self, Write};

/// The columns.
const COLUMNS: &str = "entry,line,position,event,type,business_date,occurred_at,payment,book,currency,\
    debit_code,debit_party,debit_detail,credit_code,credit_party,credit_detail,amount,change";

/// The form.
pub struct Csv;

impl Form for Csv {
    fn begin(&mut self, _: usize, output: &mut dyn Write) -> io::Result<()> {
        write!(output, "{COLUMNS}\r\n")
    }

    fn transaction(&mut self, _: usize, transaction: &Transaction, output: &mut dyn Write) -> io::Result<()> {
        let optional = |text: &Option<String>| text.clone().unwrap_or_default();
        for line in &transaction.lines {
            let told = &line.told;
            let cells = [
                transaction.entry.clone(),
                line.number.to_string(),
                transaction.position.clone(),
                transaction.event.clone(),
                transaction.event_type.to_owned(),
                transaction.date.to_string(),
                optional(&transaction.occurred_at),
                optional(&transaction.payment),
                told.book.clone(),
                told.currency.clone(),
                told.debit.code.clone(),
                optional(&told.debit.party),
                optional(&told.debit.detail),
                told.credit.code.clone(),
                optional(&told.credit.party),
                optional(&told.credit.detail),
            ];
            for cell in cells {
                write!(output, "{},", quoted(&cell))?;
            }
            write!(output, "{},{}\r\n", told.amount, format_minor(line.change(), line.posting.currency))?;
        }
        Ok(())
    }

    fn end(&mut self, _: usize, _: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }
}

/// A text that no reader takes for several cells, nor a spreadsheet for a formula. Schemes are free text; with the characters
/// of an id nobody writes a formula.
fn quoted(text: &str) -> String {
    let is_id = text.chars().all(|character| character.is_ascii_alphanumeric() || "._:@/-".contains(character));
    let text = if !is_id && text.starts_with(['=', '+', '-', '@']) { format!("'{text}") } else { text.to_owned() };
    if text.contains([',', '"', '\r', '\n']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn texts_are_quoted() {
        assert_eq!(["a,b", "say \"hi\"", "=1+1", "@M-1"].map(quoted), ["\"a,b\"", "\"say \"\"hi\"\"\"", "'=1+1", "@M-1"]);
    }
}
