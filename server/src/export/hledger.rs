//! A journal of hledger: one transaction an entry, each line a pair of postings. Accounts and currencies are declared before
//! they are used, so `hledger check --strict` passes.

use super::{Declared, Format, Name, Side, Transaction};
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

    /// Writes an entry with these sides, which balance.
    pub fn write(&mut self, transaction: &Transaction, sides: &[Side], output: &mut dyn Write) -> io::Result<()> {
        for side in sides {
            self.declare(side.currency, &side.name, output)?;
        }
        // No id has a character that ends a code or begins a comment.
        let tags: Vec<String> = transaction.tags().map(|(name, text)| format!("{name}:{text}")).collect();
        writeln!(output, "{} ({}) {} {}", transaction.date, transaction.entry, transaction.event_type, transaction.event)?;
        writeln!(output, "    ; {}", tags.join(", "))?;
        for side in sides {
            write!(output, "    {}  {} {}", side.name, format_minor(side.minor, side.currency), side.currency)?;
            match &side.tag {
                Some((name, text)) => writeln!(output, "  ; {name}:{text}")?,
                None => writeln!(output)?,
            }
        }
        writeln!(output)
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
        self.write(transaction, &transaction.sides(), output)
    }
}

/// Declares a currency with its decimals. Without any the point is needed all the same: hledger wants to see which one it is.
fn declare_currency(currency: Currency, output: &mut dyn Write) -> io::Result<()> {
    let point = if currency.exponent() == 0 { "." } else { "" };
    // No currency has so many decimals that this is large.
    let thousand = 1000 * 10i128.pow(u32::from(currency.exponent()));
    writeln!(output, "commodity {}{point} {currency}", format_minor(thousand, currency))
}
