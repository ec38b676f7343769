//! Ids of lines. One is made of its source, the report's date, its own bytes and which of its like in the file it is, so the same file again
//! has the same ids, and changes nothing. [`Ids`] has the other ways, for files of which that is not so.

use schemas::time::Date;

/// Characters of a hash in an id.
pub(super) const HASH_CHARACTERS: usize = 40;

/// What the id of a line is made of, besides its source, its own bytes and which of its like it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ids {
    /// The report's date.
    ReportDate,
    /// The line's own date: files repeat the lines of earlier days.
    LineDate,
    /// The report's date and its name: what is equal in another report is another line.
    Report,
}

impl Ids {
    /// The id of a line of a report: of its own date, with the hash of its bytes, and which of its like it is.
    pub(super) fn line(self, (source, report, date): (&str, &str, Date), (own, bytes, like): (Date, &blake3::Hash, u32)) -> String {
        let (date, own, like) = (date.to_string(), own.to_string(), like.to_string());
        let (source, bytes, like) = (source.as_bytes(), &bytes.as_bytes()[..], like.as_bytes());
        let hash = match self {
            Self::ReportDate => hash(&[source, date.as_bytes(), bytes, like]),
            Self::LineDate => hash(&[source, own.as_bytes(), bytes, like]),
            Self::Report => hash(&[source, date.as_bytes(), bytes, like, report.as_bytes()]),
        };
        format!("rl-{hash}")
    }
}

/// A hash of parts, each with its length before it: no two lists of parts are one.
pub(super) fn hash(parts: &[&[u8]]) -> String {
    let mut hasher = blake3::Hasher::new();
    for part in parts {
        hasher.update(&(part.len() as u64).to_be_bytes());
        hasher.update(part);
    }
    hasher.finalize().to_hex().chars().take(HASH_CHARACTERS).collect()
}
