//! What merchant category codes are called: the names of ISO 18245, those of categories that card schemes added since, and of the
//! ranges in which schemes give airlines, car rentals and hotels a code each.
//!
//! The list is that of the Python package `iso18245` 1.4.1 (MIT, Jerome Leclanche) with what it lacks; no kept crate has one.

use std::collections::BTreeMap;
use std::sync::LazyLock;

/// A code and its name a line.
const LIST: &str = include_str!("categories.txt");
/// First code, last code, name.
const RANGES: &[(u16, u16, &str)] = &[(3000, 3350, "Airlines"), (3351, 3500, "Car rental"), (3501, 3999, "Lodging")];

/// The name of a category; none where the list has none.
pub fn name(mcc: &str) -> Option<&'static str> {
    static NAMES: LazyLock<BTreeMap<&str, &str>> = LazyLock::new(|| LIST.lines().filter_map(|line| line.split_once(' ')).collect());
    let number: u16 = mcc.parse().ok().filter(|_| mcc.len() == 4)?;
    let in_range = || RANGES.iter().find(|(first, last, _)| (*first..=*last).contains(&number)).map(|(_, _, name)| *name);
    NAMES.get(mcc).copied().or_else(in_range)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn categories_have_names() {
        for (mcc, expected) in [
            ("5812", Some("Eating places and restaurants")),
            ("3005", Some("Airlines")),
            ("3999", Some("Lodging")),
            ("5817", Some("Digital goods – applications")),
            ("9999", None),
            ("58", None),
            ("x", None),
        ] {
            assert_eq!(name(mcc), expected, "{mcc}");
        }
        assert!(LIST.lines().count() > 250 && LIST.lines().all(|line| line.len() > 6 && name(&line[..4]) == Some(&line[5..])));
    }
}
