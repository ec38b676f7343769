//! Types of rows that a format is not known to have. Their rows are told as `other`, and somebody should know: one that is a fee or a
//! refund under another name is looked for in vain. Bounds: [`NAMES_MAX`], [`CHARACTERS_MAX`].

use std::collections::BTreeSet;

/// The most types that are told.
const NAMES_MAX: usize = 10;
/// The most characters of one.
const CHARACTERS_MAX: usize = 40;

/// Types that are not known, and how many rows have them.
#[derive(Clone, Debug, Default)]
pub struct Unknown {
    names: BTreeSet<String>,
    rows: u64,
    has_more: bool,
}

impl Unknown {
    /// Notes the type of a row.
    pub fn add(&mut self, name: &str) {
        self.rows += 1;
        let name: String = name.chars().filter(|character| !character.is_control()).take(CHARACTERS_MAX).collect();
        let name = if name.is_empty() { "(none)".to_owned() } else { name };
        if self.names.len() < NAMES_MAX {
            self.names.insert(name);
        } else if !self.names.contains(&name) {
            self.has_more = true;
        }
    }

    /// What is said of them, where there are some.
    pub fn told(&self) -> Option<String> {
        let names: Vec<&str> = self.names.iter().map(String::as_str).chain(self.has_more.then_some("…")).collect();
        let rows = if self.rows == 1 { "row" } else { "rows" };
        (self.rows > 0).then(|| format!("{} {rows} of types that are not known here, told as other: {}", self.rows, names.join(", ")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bounded_list_is_told() {
        let mut unknown = Unknown::default();
        assert_eq!(unknown.told(), None);
        unknown.add("B");
        assert_eq!(unknown.told().as_deref(), Some("1 row of types that are not known here, told as other: B"));
        for name in ["A", "", "B"] {
            unknown.add(name);
        }
        assert_eq!(unknown.told().as_deref(), Some("4 rows of types that are not known here, told as other: (none), A, B"));
        (0..20).for_each(|number| unknown.add(&format!("C{number:02}")));
        assert!(unknown.told().is_some_and(|told| told.starts_with("24 rows") && told.ends_with("C06, …")));
    }
}
