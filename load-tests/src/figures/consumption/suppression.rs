//! What a suppressed answer may leave out: which rows go is a choice, that none of them follows is not.

use super::Row;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// A prime in whose field equations are solved; coefficients are 0 and 1, so chance agreement is out of the question.
const PRIME: i128 = (1 << 61) - 1;

/// A total that an answer may be asked for: rows of one currency with one value of one key, or all of them.
struct Total {
    name: String,
    rows: Vec<usize>,
    customers: usize,
}

/// Whether nothing hidden follows from a table of rows of which `shown` are told; the first rule that is broken, in words.
pub fn check(rows: &[Row], shown: &[bool], k: usize) -> Result<(), String> {
    let told = |row: usize| shown.get(row).copied().unwrap_or(false);
    if let Some((row, _)) = rows.iter().enumerate().find(|(at, row)| told(*at) && row.customers.len() < k) {
        return Err(format!("{:?} has fewer than {k} customers and is shown", rows.get(row).map(|row| &row.told)));
    }
    let totals: Vec<Total> = totals(rows).into_iter().filter(|total| total.customers >= k).collect();
    for total in &totals {
        let hidden: Vec<usize> = total.rows.iter().copied().filter(|row| !told(*row)).collect();
        let customers = union(rows, &hidden);
        if !hidden.is_empty() && customers < k {
            return Err(format!("those left out of {} have {customers} customers together", total.name));
        }
        if let ([alone], [hidden]) = (total.rows.as_slice(), hidden.as_slice())
            && alone == hidden
        {
            return Err(format!("{} is one row, which is left out", total.name));
        }
    }
    let hidden: Vec<usize> = (0..rows.len()).filter(|row| !told(*row)).collect();
    match follows(&hidden, &totals) {
        Some(row) => Err(format!("{:?} is left out and follows from the totals", rows.get(row).map(|row| &row.told))),
        None => Ok(()),
    }
}

fn union(rows: &[Row], of: &[usize]) -> usize {
    of.iter().filter_map(|row| rows.get(*row)).flat_map(|row| &row.customers).collect::<BTreeSet<_>>().len()
}

/// Overall and by each single key, in each currency.
fn totals(rows: &[Row]) -> Vec<Total> {
    let mut totals = BTreeMap::<String, Vec<usize>>::new();
    for (at, row) in rows.iter().enumerate() {
        let currency = row.currency.map(|currency| currency.code().to_owned()).unwrap_or_default();
        let single = row.keys.iter().enumerate().filter(|_| row.keys.len() > 1).map(|(key, value): (usize, &Value)| format!("key {key} = {value}"));
        for name in single.chain(["all".to_owned()]) {
            totals.entry(format!("{name} {currency}")).or_default().push(at);
        }
    }
    totals.into_iter().map(|(name, of)| Total { customers: union(rows, &of), name, rows: of }).collect()
}

/// The first hidden row that the totals determine: its unit vector is then in the span of their rows.
fn follows(hidden: &[usize], totals: &[Total]) -> Option<usize> {
    let mut equations: Vec<Vec<i128>> =
        totals.iter().map(|total| hidden.iter().map(|row| i128::from(total.rows.contains(row))).collect()).collect();
    let mut done = 0;
    for column in 0..hidden.len() {
        let at = |equation: &Vec<i128>, column: usize| equation.get(column).copied().unwrap_or(0);
        let Some(pivot) = (done..equations.len()).find(|row| equations.get(*row).is_some_and(|equation| at(equation, column) != 0)) else { continue };
        equations.swap(done, pivot);
        let Some(inverse) = equations.get(done).map(|equation| power(at(equation, column), PRIME - 2)) else { continue };
        let lead: Vec<i128> = equations.get(done).into_iter().flatten().map(|value| value * inverse % PRIME).collect();
        for (row, equation) in equations.iter_mut().enumerate() {
            let factor = if row == done { 0 } else { at(equation, column) };
            if row == done {
                equation.clone_from(&lead);
            } else if factor != 0 {
                equation.iter_mut().zip(&lead).for_each(|(value, lead)| *value = (*value - factor * lead).rem_euclid(PRIME));
            }
        }
        done += 1;
    }
    // In reduced form a column is determined where its equation has no other.
    let alone = equations.iter().find(|equation| equation.iter().filter(|value| **value != 0).count() == 1)?;
    alone.iter().position(|value| *value != 0).and_then(|column| hidden.get(column).copied())
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

    #[test]
    fn one_row_left_out_follows_from_the_total() {
        let rows = [row(&["12"], 25), row(&["13"], 11), row(&["14"], 3)];
        assert!(check(&rows, &[true, true, false], 10).is_err());
        assert!(check(&rows, &[true, false, false], 10).is_ok());
        assert!(check(&rows, &[true, false, true], 10).is_err(), "a small one is shown");
    }

    #[test]
    fn a_cell_follows_where_its_line_and_column_have_no_other() {
        let small = |a: usize, b: usize| if a == b { 3 } else { 20 };
        let rows: Vec<Row> = (0..9).map(|at| row(&[["a", "b", "c"][at / 3], ["x", "y", "z"][at % 3]], small(at / 3, at % 3))).collect();
        let diagonal: Vec<bool> = (0..9).map(|at| at / 3 != at % 3).collect();
        assert!(check(&rows, &diagonal, 10).is_err(), "each is alone in its line");
        let square: Vec<bool> = (0..9).map(|at| at == 8 || at % 3 == 2 && at / 3 < 2 || at / 3 == 2).collect();
        let rows: Vec<Row> = (0..9).map(|at| row(&[["a", "b", "c"][at / 3], ["x", "y", "z"][at % 3]], 20)).collect();
        assert!(check(&rows, &square, 10).is_ok(), "four cells of two lines and two columns tell nothing");
        assert!(check(&rows, &[true; 9], 10).is_ok());
    }
}
