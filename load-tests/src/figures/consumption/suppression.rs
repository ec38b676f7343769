//! What a suppressed answer may leave out: which rows go is a choice, that none of them follows is not.
//!
//! Somebody is assumed to know every total of the answer, overall and by each single key, that has k customers; and
//! somebody else to have the answers by each single key. From what is shown and what they know nothing else may follow,
//! and what is left out of a known total must have k customers together. A row that is a whole total, which the answer by
//! that key tells, is told anyway; what follows even when all other rows are left out cannot be helped.

use super::Row;
use std::collections::{BTreeMap, BTreeSet};

/// A prime in whose field equations are solved; coefficients are 0 and 1, so chance agreement is out of the question.
const PRIME: i128 = (1 << 61) - 1;

/// A total: the rows with one value of one key, or all of them.
struct Total {
    /// Which key; none for the overall one.
    key: Option<usize>,
    rows: Vec<usize>,
    customers: usize,
    /// Whether the answer by that key tells it.
    is_told: bool,
}

/// A table of one currency.
struct Table<'a> {
    rows: &'a [&'a Row],
    totals: Vec<Total>,
    k: usize,
    /// Rows that are whole totals which are told.
    whole: Vec<bool>,
}

/// Whether nothing hidden follows from a table of rows of which `shown` are told; `told` says whether the answer by the
/// key of that number alone tells this row's total. Answers the first rule that is broken, in words.
///
/// # Errors
/// A rule is broken.
pub fn check(rows: &[Row], shown: &[bool], k: usize, told: impl Fn(usize, &Row) -> bool) -> Result<(), String> {
    if let Some((row, _)) = rows.iter().zip(shown).find(|(row, shown)| **shown && row.customers.len() < k) {
        return Err(format!("fewer than {k} customers, and shown: {}", name(row)));
    }
    let mut tables = BTreeMap::<_, (Vec<&Row>, Vec<bool>)>::new();
    for (row, shown) in rows.iter().zip(shown) {
        let (rows, hidden) = tables.entry(row.currency).or_default();
        rows.push(row);
        hidden.push(!shown);
    }
    tables.values().try_for_each(|(rows, hidden)| Table::new(rows, k, &told).check(hidden))
}

fn name(row: &Row) -> String {
    format!(
        "{:?} {} with {} customers",
        row.keys.iter().map(ToString::to_string).collect::<Vec<_>>(),
        row.currency.map_or("", |_| "in its currency"),
        row.customers.len()
    )
}

impl<'a> Table<'a> {
    fn new(rows: &'a [&'a Row], k: usize, told: &impl Fn(usize, &Row) -> bool) -> Self {
        let mut groups = BTreeMap::<(Option<usize>, String), Vec<usize>>::new();
        for (at, row) in rows.iter().enumerate() {
            groups.entry((None, String::new())).or_default().push(at);
            // With one key, an answer by that key alone is this answer.
            for (key, value) in row.keys.iter().enumerate().filter(|_| row.keys.len() > 1) {
                groups.entry((Some(key), value.to_string())).or_default().push(at);
            }
        }
        let total = |((key, _), of): ((Option<usize>, String), Vec<usize>)| {
            let customers = of.iter().filter_map(|row| rows.get(*row)).flat_map(|row| &row.customers).collect::<BTreeSet<_>>().len();
            let is_told = key.is_none_or(|key| of.first().and_then(|row| rows.get(*row)).is_some_and(|row| told(key, row)));
            Total { key, rows: of, customers, is_told }
        };
        let totals: Vec<Total> = groups.into_iter().map(total).collect();
        let is_whole = |at: usize| totals.iter().any(|total| total.key.is_some() && total.is_told && total.rows == [at]);
        let whole = (0..rows.len()).map(is_whole).collect();
        Self { rows, totals, k, whole }
    }

    fn check(&self, hidden: &[bool]) -> Result<(), String> {
        let is_small = |row: usize| self.rows.get(row).is_none_or(|row| row.customers.len() < self.k);
        let hides = |row: usize| hidden.get(row).copied().unwrap_or(false);
        // The most that may be left out.
        let most: Vec<bool> = self.whole.iter().enumerate().map(|(row, whole)| hides(row) || is_small(row) || !whole).collect();
        for total in self.totals.iter().filter(|total| self.is_known(total)) {
            let left_out = |hidden: &[bool]| {
                let rows = total.rows.iter().filter(|row| hidden.get(**row).copied().unwrap_or(false)).filter_map(|row| self.rows.get(*row));
                rows.flat_map(|row| &row.customers).collect::<BTreeSet<_>>().len()
            };
            let hides_any = total.rows.iter().any(|row| hides(*row));
            if hides_any && left_out(hidden) < self.k && left_out(&most) >= self.k {
                return Err(format!("those left out of a total by key {:?} have {} customers together", total.key, left_out(hidden)));
            }
        }
        let wrongly = (0..self.rows.len()).find(|row| hides(*row) && self.whole.get(*row).copied().unwrap_or(false) && !is_small(*row));
        if let Some(row) = wrongly.and_then(|row| self.rows.get(row)) {
            return Err(format!("a whole total that the answer by its key tells is left out: {}", name(row)));
        }
        for (who, follows) in
            [("the totals", Self::following_totals as fn(&Self, &[bool]) -> BTreeSet<usize>), ("the answers by each key", Self::following_answers)]
        {
            let needlessly = follows(self, hidden).difference(&follows(self, &most)).next().copied();
            if let Some(variable) = needlessly {
                let what = self.rows.get(variable).map_or_else(|| "a total that the answer by its key leaves out".to_owned(), |row| name(row));
                return Err(format!("left out, and follows from {who}: {what}"));
            }
        }
        Ok(())
    }

    /// A total with k customers is known, but where it is one row that the answer by its key leaves out.
    fn is_known(&self, total: &Total) -> bool {
        total.customers >= self.k && (total.is_told || total.rows.len() > 1)
    }

    /// Hidden rows that follow from all known totals.
    fn following_totals(&self, hidden: &[bool]) -> BTreeSet<usize> {
        let known = self.totals.iter().filter(|total| self.is_known(total));
        determined(known.map(|total| total.rows.iter().copied().filter(|row| hidden.get(*row).copied().unwrap_or(false)).collect()).collect())
    }

    /// Hidden rows, and totals that are left out, that follow from the answers by each key and the overall total.
    fn following_answers(&self, hidden: &[bool]) -> BTreeSet<usize> {
        let mut equations = Vec::new();
        let overall = self.totals.iter().any(|total| total.key.is_none() && total.customers >= self.k);
        let mut left_out = BTreeMap::<Option<usize>, Vec<usize>>::new();
        for (at, total) in self.totals.iter().enumerate() {
            let mut equation: Vec<usize> = total.rows.iter().copied().filter(|row| hidden.get(*row).copied().unwrap_or(false)).collect();
            if !total.is_told {
                // A total that is not told is one more unknown, numbered behind the rows.
                let unknown = self.rows.len() + at;
                equation.push(unknown);
                left_out.entry(total.key).or_default().push(unknown);
            }
            if total.key.is_some() || overall {
                equations.push(equation);
            }
        }
        if overall {
            equations.extend(left_out.into_values());
        }
        determined(equations)
    }
}

/// The unknowns that sums of them determine: those that stand alone in the equations' reduced form.
fn determined(sums: Vec<Vec<usize>>) -> BTreeSet<usize> {
    let unknowns: Vec<usize> = sums.iter().flatten().copied().collect::<BTreeSet<_>>().into_iter().collect();
    let mut equations: Vec<Vec<i128>> = sums.iter().map(|sum| unknowns.iter().map(|unknown| i128::from(sum.contains(unknown))).collect()).collect();
    let at = |equation: &Vec<i128>, column: usize| equation.get(column).copied().unwrap_or(0);
    let mut done = 0;
    for column in 0..unknowns.len() {
        let Some(pivot) = (done..equations.len()).find(|row| equations.get(*row).is_some_and(|equation| at(equation, column) != 0)) else { continue };
        equations.swap(done, pivot);
        let Some(inverse) = equations.get(done).map(|equation| power(at(equation, column), PRIME - 2)) else { continue };
        let lead: Vec<i128> = equations.get(done).into_iter().flatten().map(|value| value * inverse % PRIME).collect();
        for (row, equation) in equations.iter_mut().enumerate() {
            let factor = at(equation, column);
            if row == done {
                equation.clone_from(&lead);
            } else if factor != 0 {
                equation.iter_mut().zip(&lead).for_each(|(value, lead)| *value = (*value - factor * lead).rem_euclid(PRIME));
            }
        }
        done += 1;
    }
    let alone = equations.iter().filter(|equation| equation.iter().filter(|value| **value != 0).count() == 1);
    alone.filter_map(|equation| equation.iter().position(|value| *value != 0)).filter_map(|column| unknowns.get(column).copied()).collect()
}

fn power(base: i128, exponent: i128) -> i128 {
    let (mut result, mut base, mut left) = (1, base.rem_euclid(PRIME), exponent);
    while left > 0 {
        if left % 2 == 1 {
            result = result * base % PRIME;
        }
        base = base * base % PRIME;
        left /= 2;
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Map, json};

    fn row(keys: &[&str], customers: usize) -> Row {
        let names = (0..customers).map(|customer| format!("{keys:?} {customer}")).collect();
        Row { keys: keys.iter().map(|key| json!(key)).collect(), currency: None, customers: names, told: Map::new() }
    }

    fn checked(rows: &[Row], shown: &[bool]) -> Result<(), String> {
        check(rows, shown, 10, |_, _| true)
    }

    #[test]
    fn one_row_left_out_follows_from_the_total() {
        let rows = [row(&["12"], 25), row(&["13"], 11), row(&["14"], 3)];
        assert!(checked(&rows, &[true, true, false]).is_err());
        assert!(checked(&rows, &[true, false, false]).is_ok());
        assert!(checked(&rows, &[true, false, true]).is_err(), "a small one is shown");
    }

    #[test]
    fn a_cell_follows_where_its_line_or_column_has_no_other() {
        let rows = |customers: &dyn Fn(usize, usize) -> usize| -> Vec<Row> {
            (0..9).map(|at| row(&[["a", "b", "c"][at / 3], ["x", "y", "z"][at % 3]], customers(at / 3, at % 3))).collect()
        };
        let small = rows(&|a, b| if a == b { 3 } else { 20 });
        assert!(checked(&small, &[false, true, true, true, false, true, true, true, false]).is_err(), "each is alone in its line");
        let even = rows(&|_, _| 20);
        assert!(checked(&even, &[false, false, true, false, false, true, true, true, true]).is_ok(), "four cells of two lines tell nothing");
        assert!(checked(&even, &[false, false, true, false, true, true, true, true, true]).is_err());
        assert!(checked(&even, &[true; 9]).is_ok());
    }

    #[test]
    fn a_whole_total_stays_where_it_is_told() {
        let rows = [row(&["5812", "north"], 20), row(&["5812", "south"], 20), row(&["5411", "east"], 30), row(&["5812", "west"], 2)];
        assert!(checked(&rows, &[true, false, true, false]).is_err(), "the south is told by the answer by region");
        // Where that answer leaves the south out, because the west is small, it goes here, too.
        let tells = |left_out: &'static [&'static str]| move |key: usize, row: &Row| key == 0 || !left_out.iter().any(|name| row.keys[1] == *name);
        assert!(check(&rows, &[true, false, true, false], 10, tells(&["south", "west"])).is_ok());
        assert!(check(&rows, &[true, true, true, false], 10, tells(&["south", "west"])).is_err(), "the south that it leaves out follows");
    }
}
