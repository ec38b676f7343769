//! The file of a zip that is imported: the one of the format. Of two nobody knows which is meant, and the one that is not taken would
//! be missed by nobody, so there must be one.
//!
//! It is unpacked into a file without a name, for it is read twice. Bounds: [`UNPACKED_BYTES_MAX`], [`NAMES_MAX`].

use super::input::decoded;
use super::{Format, alipay};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};

/// The largest file within a zip.
pub const UNPACKED_BYTES_MAX: u64 = 8 << 30;
/// The most names that are told.
const NAMES_MAX: usize = 20;
/// The most characters of a name that are told.
const NAME_CHARACTERS_MAX: usize = 200;
/// How files end that are of none of the formats.
const OTHERS: [&str; 15] = [".pdf", ".md", ".htm", ".html", ".doc", ".docx", ".xls", ".xlsx", ".png", ".jpg", ".jpeg", ".sig", ".asc", ".md5", ".sha256"];
/// How files begin that tell people what else is there.
const NOTES: [&str; 4] = ["readme", "read_me", "read me", "说明"];

/// How a file of a zip fits a format, by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    /// It is another one.
    Not,
    /// Nothing speaks against it.
    Perhaps,
    /// It has the name of one.
    Named,
}

/// How a file fits a format, by its name within the zip.
fn fit(format: Format, name: &str) -> Fit {
    let own = name.rsplit(['/', '\\']).next().unwrap_or(name);
    let small = own.to_lowercase();
    let ends = |ends: &[&str]| ends.iter().any(|end| small.ends_with(end));
    // What macOS keeps of a file beside it, and what is hidden.
    let is_hidden = name.starts_with("__MACOSX") || own.starts_with('.');
    if is_hidden || ends(&OTHERS) || NOTES.iter().any(|note| small.starts_with(note)) {
        return Fit::Not;
    }
    let is_named = match format {
        // Beside the clearing file lies that of what went wrong (ZME).
        Format::Unionpay if own.contains("ZME") => return Fit::Not,
        Format::Unionpay => own.contains("ZM_"),
        Format::Alipay if alipay::is_summary(own) => return Fit::Not,
        Format::Alipay | Format::Wechat | Format::Adyen => ends(&[".csv"]),
        Format::Camt => ends(&[".xml"]),
        Format::Csv => ends(&[".csv", ".txt"]),
    };
    if is_named { Fit::Named } else { Fit::Perhaps }
}

/// Unpacks the file of the format, and answers it with its name.
pub fn unpacked(file: File, format: Format) -> Result<(File, String), String> {
    let unread = |error: zip::result::ZipError| format!("a zip that cannot be read: {error}");
    let mut archive = zip::ZipArchive::new(file).map_err(unread)?;
    let (mut found, mut most) = (Vec::new(), Fit::Not);
    for index in 0..archive.len() {
        // The names alone: one that nobody wants may be locked.
        let entry = archive.by_index_raw(index).map_err(unread)?;
        if entry.is_file() {
            // Names within Chinese zips are in GBK, and what tells files apart is.
            let name = decoded(entry.name_raw());
            let fits = fit(format, &name);
            most = most.max(fits);
            found.push((fits, index, shown(&name)));
        }
    }
    let fitting: Vec<(usize, &str)> =
        found.iter().filter(|(fits, ..)| *fits == most && most != Fit::Not).map(|(_, index, name)| (*index, name.as_str())).collect();
    let &[(index, name)] = fitting.as_slice() else {
        if fitting.is_empty() {
            return Err(format!("the zip has no file of this format, but {}", listed(found.iter().map(|(.., name)| name.as_str()))));
        }
        let names = listed(fitting.iter().map(|(_, name)| *name));
        return Err(format!("the zip has {} files of this format: {names}; take them out and import each", fitting.len()));
    };
    let entry = archive.by_index(index).map_err(unread)?;
    let mut unpacked = tempfile::tempfile().map_err(|error| error.to_string())?;
    let copied = std::io::copy(&mut entry.take(UNPACKED_BYTES_MAX), &mut unpacked).map_err(|error| format!("{name}: {error}"))?;
    if copied == UNPACKED_BYTES_MAX {
        return Err(format!("{name}: it has {UNPACKED_BYTES_MAX} bytes or more"));
    }
    unpacked.seek(SeekFrom::Start(0)).map_err(|error| error.to_string())?;
    Ok((unpacked, name.to_owned()))
}

/// A name as it can be told.
fn shown(name: &str) -> String {
    name.chars().filter(|character| !character.is_control()).take(NAME_CHARACTERS_MAX).collect()
}

/// The first ones of names.
fn listed<'n>(names: impl Iterator<Item = &'n str>) -> String {
    let mut names: Vec<&str> = names.take(NAMES_MAX + 1).collect();
    if names.len() > NAMES_MAX {
        names.truncate(NAMES_MAX);
        names.push("…");
    }
    if names.is_empty() { "nothing".to_owned() } else { names.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_told_apart_by_their_names() {
        for (format, name, fits) in [
            (Format::Unionpay, "INN26120188ZM_898310000000001", Fit::Named),
            (Format::Unionpay, "INN26120188ZME_898310000000001", Fit::Not),
            (Format::Unionpay, "898310000000001", Fit::Perhaps),
            (Format::Alipay, "2088_20261123_业务明细.csv", Fit::Named),
            (Format::Alipay, "2088_20261123_业务明细(汇总).csv", Fit::Not),
            (Format::Wechat, "a/1900000001.CSV", Fit::Named),
            (Format::Wechat, "a/notes.txt", Fit::Perhaps),
            (Format::Csv, "README.txt", Fit::Not),
            (Format::Csv, "a/1.txt", Fit::Named),
            (Format::Csv, "__MACOSX/a/._1.csv", Fit::Not),
            (Format::Csv, "a/.1.csv", Fit::Not),
            (Format::Camt, "2026-12-02_C53_1.xml", Fit::Named),
            (Format::Camt, "2026-12-02.pdf", Fit::Not),
        ] {
            assert_eq!(fit(format, name), fits, "{name}");
        }
    }
}
