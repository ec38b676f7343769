//! How nodes are named.

use crate::views::{Key, Names};
use schemas::event::{Book, Subject};
use schemas::report::ReportKind;

/// Whose lines without a merchant are.
pub const HOUSE: &str = "@house";
/// In the place of a source: payouts, whose source is known by the configuration alone. Their lines say their own.
pub const PAYOUTS: &str = "";

/// What items are found by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tag {
    /// How the source names it.
    Reference,
    /// The payment.
    Payment,
    /// The payout.
    Payout,
    /// Nothing: it stands alone.
    Alone,
}

/// The name of a node.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct NodeKey {
    /// The merchant, or [`HOUSE`].
    pub owner: String,
    /// Who reports, or [`PAYOUTS`].
    pub source: String,
    /// What it is about.
    pub kind: ReportKind,
    /// What its items are found by.
    pub tag: Tag,
    /// Which.
    pub name: String,
}

/// The number of a kind on disk, which is for ever.
pub const fn number_of_kind(kind: ReportKind) -> u8 {
    match kind {
        ReportKind::Sale => 0,
        ReportKind::Refund => 1,
        ReportKind::Chargeback => 2,
        ReportKind::Representment => 3,
        ReportKind::Fee => 4,
        ReportKind::Payout => 5,
        ReportKind::Settlement => 6,
        ReportKind::Other => 7,
    }
}

/// The kind of a number.
pub fn kind_of_number(number: u8) -> Option<ReportKind> {
    ReportKind::ALL.into_iter().find(|kind| number_of_kind(*kind) == number)
}

impl Key for NodeKey {
    fn encode(&self, out: &mut Vec<u8>) {
        self.as_name().encode_name(out);
    }

    fn decode(from: &mut &[u8]) -> Option<Self> {
        let (owner, source) = (String::decode(from)?, String::decode(from)?);
        let kind = kind_of_number(u8::decode(from)?)?;
        let tag = match u8::decode(from)? {
            0 => Tag::Reference,
            1 => Tag::Payment,
            2 => Tag::Payout,
            3 => Tag::Alone,
            _ => return None,
        };
        Some(Self { owner, source, kind, tag, name: String::decode(from)? })
    }
}

/// A [`NodeKey`] by reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "as of a key")]
pub struct NodeName<'a> {
    pub owner: &'a str,
    pub source: &'a str,
    pub kind: ReportKind,
    pub tag: Tag,
    pub name: &'a str,
}

impl NodeKey {
    /// The same by reference.
    pub fn as_name(&self) -> NodeName<'_> {
        NodeName { owner: &self.owner, source: &self.source, kind: self.kind, tag: self.tag, name: &self.name }
    }
}

impl NodeName<'_> {
    /// The same with what it names.
    pub fn to_key(self) -> NodeKey {
        NodeKey { owner: self.owner.to_owned(), source: self.source.to_owned(), kind: self.kind, tag: self.tag, name: self.name.to_owned() }
    }
}

impl Names<NodeKey> for NodeName<'_> {
    fn encode_name(&self, out: &mut Vec<u8>) {
        let tag = match self.tag {
            Tag::Reference => 0,
            Tag::Payment => 1,
            Tag::Payout => 2,
            Tag::Alone => 3,
        };
        Names::<String>::encode_name(&self.owner, out);
        Names::<String>::encode_name(&self.source, out);
        out.extend([number_of_kind(self.kind), tag]);
        Names::<String>::encode_name(&self.name, out);
    }
}

/// What the id of the break of a node by itself begins with, without its source, where a key has it: its kind and whose it is, which is
/// the id of a merchant or [`HOUSE`].
#[derive(Clone, Copy, Debug)]
pub struct Before<'a> {
    kind: ReportKind,
    owner: &'a str,
}

impl<'a> Before<'a> {
    /// That of a node.
    pub const fn of(node: NodeName<'a>) -> Self {
        Self { kind: node.kind, owner: node.owner }
    }
}

impl std::fmt::Display for Before<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}/", self.kind.as_str(), self.owner)
    }
}

impl Names<String> for Before<'_> {
    fn encode_name(&self, out: &mut Vec<u8>) {
        for part in [self.kind.as_str(), "/", self.owner, "/"] {
            out.extend_from_slice(part.as_bytes());
        }
        out.push(0);
    }
}

/// The merchant of a subject, or [`HOUSE`].
pub fn owner(subject: &Subject) -> &str {
    match subject {
        Subject::Merchant(merchant) => merchant.as_str(),
        Subject::House | Subject::Partition => HOUSE,
    }
}

/// The source that reports of a book's payments of a scheme.
pub fn plain_source(book: &Book, scheme: &str) -> String {
    match book {
        Book::Bank => ["scheme:", scheme].concat(),
        Book::Psp(psp) => ["psp:", psp.as_str()].concat(),
    }
}

/// The source that reports of a PSP's own book; a bank's is known by the configuration.
pub fn source_of_book(book: &Book) -> Option<String> {
    match book {
        Book::Bank => None,
        Book::Psp(psp) => Some(format!("psp:{psp}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_the_bytes_of_their_keys() {
        let key = NodeKey { owner: "M1".into(), source: "scheme:unionpay".into(), kind: ReportKind::Sale, tag: Tag::Payment, name: "P1".into() };
        let (mut name, mut before) = (Vec::new(), Vec::new());
        key.as_name().encode_name(&mut name);
        assert_eq!(NodeKey::decode_whole(&name), Some(key.clone()));
        assert_eq!(key.as_name().to_key(), key);
        Before::of(key.as_name()).encode_name(&mut before);
        assert_eq!(before, Before::of(key.as_name()).to_string().bytes());
    }
}
