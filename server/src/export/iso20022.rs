//! What messages of ISO 20022 have in common: elements, amounts, dates, the account, and how long texts may be.

use super::statement::reference::{REFERENCE_MAX, fitted};
use quick_xml::Writer;
use quick_xml::events::BytesText;
use schemas::money::{Currency, format_minor};
use schemas::time::Date;
use std::io::{self, Write};

/// The most characters of a name.
const NAME_MAX: usize = 140;
/// The most characters of additional information.
pub const INFORMATION_MAX: usize = 500;

/// What is written to.
pub type Output<'a> = Writer<&'a mut dyn Write>;

/// An amount, and whether it is a credit.
pub fn amount(output: &mut Output, minor: i128, currency: Currency) -> io::Result<()> {
    amount_as(output, "Amt", minor, currency)
}

/// The same by another name.
pub fn amount_as(output: &mut Output, name: &str, minor: i128, currency: Currency) -> io::Result<()> {
    let amount = format_minor(minor.abs(), currency);
    output.create_element(name).with_attribute(("Ccy", currency.code())).write_text_content(BytesText::new(&amount))?;
    text(output, "CdtDbtInd", if minor < 0 { "DBIT" } else { "CRDT" })
}

/// No amount, on the side of a debit.
pub fn no_debit(output: &mut Output, currency: Currency) -> io::Result<()> {
    output.create_element("Amt").with_attribute(("Ccy", currency.code())).write_text_content(BytesText::new(&format_minor(0, currency)))?;
    text(output, "CdtDbtInd", "DBIT")
}

/// A date within an element of its own.
pub fn day(output: &mut Output, name: &str, date: Date) -> io::Result<()> {
    within(output, name, |output| text(output, "Dt", &date.to_string()))
}

/// The account that a message is about, by its identifier: of a currency, and kept in a book.
pub fn of_account(output: &mut Output, id: &str, book: &str, currency: Currency) -> io::Result<()> {
    within(output, "Acct", |output| {
        within(output, "Id", |output| within(output, "Othr", |output| text(output, "Id", id)))?;
        text(output, "Ccy", currency.code())?;
        within(output, "Svcr", |output| {
            within(output, "FinInstnId", |output| {
                text(output, "Nm", &fitted(book, NAME_MAX))?;
                within(output, "Othr", |output| text(output, "Id", &fitted(book, REFERENCE_MAX)))
            })
        })
    })
}

/// An element with others in it.
pub fn within<'a>(output: &mut Output<'a>, name: &str, content: impl FnOnce(&mut Output<'a>) -> io::Result<()>) -> io::Result<()> {
    output.create_element(name).write_inner_content(content).map(|_| ())
}

/// An element with a text in it. What XML cannot have is replaced; the rest is escaped by the writer.
pub fn text(output: &mut Output, name: &str, text: &str) -> io::Result<()> {
    let is_text = |character: char| matches!(character, '\t' | '\n' | '\r' | '\u{20}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
    let text: String = text.chars().map(|character| if is_text(character) { character } else { '\u{fffd}' }).collect();
    output.create_element(name).write_text_content(BytesText::new(&text)).map(|_| ())
}

/// An end of line between elements, for those who look at the file.
pub fn line(output: &mut Output) -> io::Result<()> {
    output.get_mut().write_all(b"\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_escaped() {
        let mut written = Vec::new();
        text(&mut Writer::new(&mut written as &mut dyn Write), "Nm", "a<b>&\"c\"\u{1}\u{ffff}支付").expect("written");
        let read = String::from_utf8(written).expect("UTF-8");
        assert!(read.starts_with("<Nm>a&lt;b&gt;&amp;") && read.ends_with("\u{fffd}\u{fffd}支付</Nm>"), "{read}");
    }

    #[test]
    fn an_account_has_its_currency_and_its_book() {
        let mut written = Vec::new();
        let (book, currency) = (format!("psp:{}", "p".repeat(32)), Currency::from_code("CNY").expect("a currency"));
        of_account(&mut Writer::new(&mut written as &mut dyn Write), "M1/psp/CNY", &book, currency).expect("written");
        let read = String::from_utf8(written).expect("UTF-8");
        let (name, id) = (&book, fitted(&book, REFERENCE_MAX));
        let book = format!("<Svcr><FinInstnId><Nm>{name}</Nm><Othr><Id>{id}</Id></Othr></FinInstnId></Svcr>");
        assert_eq!(read, format!("<Acct><Id><Othr><Id>M1/psp/CNY</Id></Othr></Id><Ccy>CNY</Ccy>{book}</Acct>"));
        assert!(id.len() == REFERENCE_MAX && *name != id, "{id}");
    }
}
