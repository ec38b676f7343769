//! A journal of hledger: one transaction an entry, each line a pair of postings. Accounts and currencies are declared before
//! they are used, so `hledger check --strict` passes.

use super::{Declared, Format, Name, Transaction};
use schemas::money::{Currency, format_minor};
use schemas::time::Date;
use std::io::{self, Write};

/// The form.
#[derive(Default)]
pub struct Hledger {
    declared: Declared,
}

impl Hledger {
    /// Declares a currency and an account where they are not yet.
    pub fn declare(&mut self, currency: Currency, name: &Name, output: &mut dyn Write) -> io::Result<()> {
        if self.declared.currency(currency) {
            declare_currency(currency, output)?;
        }
        if self.declared.account(name) {
            writeln!(output, "account {name}")?;
        }
        Ok(())
    }
}

impl Format for Hledger {
    fn begin(&mut self, _: Date, output: &mut dyn Write) -> io::Result<()> {
        // Amounts have a point before their decimals, and nothing between thousands.
        writeln!(output, "decimal-mark .\n")
    }

    fn next_partition(&mut self) {
        self.declared.next_partition();
    }

    fn transaction(&mut self, transaction: &Transaction, output: &mut dyn Write) -> io::Result<()> {
        for line in &transaction.lines {
            self.declare(line.posting.currency, &line.debit, output)?;
            self.declare(line.posting.currency, &line.credit, output)?;
        }
        // No id has a character that ends a code or begins a comment.
        let tags: Vec<String> = transaction.tags().map(|(name, text)| format!("{name}:{text}")).collect();
        writeln!(output, "{} ({}) {} {}", transaction.date, transaction.entry, transaction.event_type, transaction.event)?;
        writeln!(output, "    ; {}", tags.join(", "))?;
        for line in &transaction.lines {
            writeln!(output, "    {}  {} {}", line.debit, line.told.amount, line.told.currency)?;
            writeln!(output, "    {}  -{} {}", line.credit, line.told.amount, line.told.currency)?;
        }
        writeln!(output)
    }
}

/// Declares a currency with its decimals. Without any the point is needed all the same: hledger wants to see which one it is.
fn declare_currency(currency: Currency, output: &mut dyn Write) -> io::Result<()> {
    let point = if currency.exponent() == 0 { "." } else { "" };
    // No currency has so many decimals that this is large.
    let thousand = 1000 * 10i128.pow(u32::from(currency.exponent()));
    writeln!(output, "commodity {}{point} {currency}", format_minor(thousand, currency))
}
