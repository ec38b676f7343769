//! Which rows of an answer are left out so that nobody can be told apart. Pure.
//!
//! A row with fewer than k customers is left out. That alone would tell it: whoever knows a total takes what is shown off
//! it. So further rows go until for every *total* with k customers (overall, and of each value of each single key) no row
//! left out follows by subtraction, and those left out of a total have k customers together. A row that is a whole total by
//! itself stays where the answer by that key alone tells that total: it is told anyway.
//!
//! What that other answer leaves out must not follow either: else an answer by two keys would undo it. So with two keys
//! everything is judged twice, as two graphs whose two sides are the values of the two keys and whose edges are the rows
//! left out:
//!
//! | graph | who is assumed to know what |
//! |---|---|
//! | `known` | somebody knows every total with k customers; values without one are one vertex a side, because the overall total less the known ones of a side is a sum at that vertex |
//! | `told` | somebody has the answers by each key; a total that they leave out is an edge more, from its value to the vertex of its side, at which the sum of those totals is known |
//!
//! All sums at vertices are known, so an edge follows exactly where it is a *bridge*: on no cycle. With one key, both sides
//! are the overall total.
//!
//! Little goes: for each bridge the rows of the cycle that costs the fewest customers, for each
//! total of which too little is left out its smallest row. A row that turns out to be needless is shown again, so none that
//! may be told is left out for nothing. A bridge that stays one when all goes that may is left as it is. A turn costs about
//! one walk over the rows, and there are fewer turns than rows left out; an answer has at most `ROWS_MAX` rows.

mod bridges;
mod graph;
#[cfg(test)]
mod tests;

use bridges::Edge;
use graph::{GROUND, Graph};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// A row before it is decided.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a, V> {
    /// Its values of the answer's keys: none, one or two, as many in every row; no two rows have the same.
    pub values: &'a [V],
    /// Its customers, each once, or a sample of them that has k.
    pub customers: &'a [u64],
    /// How many customers it has.
    pub size: u64,
}

/// Whether each row is left out. Rows are of one currency; `k` is the fewest customers that may be told.
pub fn left_out<V: Ord>(rows: &[Row<V>], k: usize) -> Vec<bool> {
    let hidden: Vec<bool> = rows.iter().map(|row| row.size < k as u64).collect();
    let keys = rows.first().map_or(0, |row| row.values.len());
    let all: Vec<usize> = (0..rows.len()).collect();
    if keys == 0 || !hidden.contains(&true) || !have(rows, &all, k) {
        // Nothing to protect, or nothing is told at all.
        return hidden;
    }
    let (known, told) = (Graph::new(rows.len()), Graph::new(rows.len()));
    let mut table = Table { rows, k, hidden, totals: Vec::new(), whole: vec![false; rows.len()], known, told };
    if keys == 2 {
        table.add_side(0);
        table.add_side(1);
        for row in all.iter().filter(|row| table.whole[**row]) {
            table.hidden[*row] = false;
        }
    }
    table.totals.push(all);
    table.protect();
    table.hidden
}

/// Whether these rows have k customers together.
fn have<V>(rows: &[Row<V>], which: &[usize], k: usize) -> bool {
    let mut seen = BTreeSet::new();
    for at in which {
        for customer in rows[*at].customers {
            if seen.len() >= k {
                return true;
            }
            seen.insert(customer);
        }
    }
    seen.len() >= k
}

struct Table<'a, V> {
    rows: &'a [Row<'a, V>],
    k: usize,
    hidden: Vec<bool>,
    /// The rows of each known total.
    totals: Vec<Vec<usize>>,
    /// Whether the row is a whole total by itself that the answer by that key tells.
    whole: Vec<bool>,
    known: Graph,
    told: Graph,
}

impl<V: Ord> Table<'_, V> {
    /// The customers of several rows, each once.
    fn together(&self, rows: &[usize]) -> Vec<u64> {
        let mut customers: Vec<u64> = rows.iter().flat_map(|at| self.rows[*at].customers).copied().collect();
        customers.sort_unstable();
        customers.dedup();
        customers
    }

    /// Adds the totals of one key, as its own answer tells them or leaves them out.
    fn add_side(&mut self, side: usize) {
        let mut by_value: BTreeMap<Option<&V>, Vec<usize>> = BTreeMap::new();
        for (at, row) in self.rows.iter().enumerate() {
            by_value.entry(row.values.get(side)).or_default().push(at);
        }
        let customers: Vec<Vec<u64>> = by_value.values().map(|rows| self.together(rows)).collect();
        let places: Vec<[usize; 1]> = (0..customers.len()).map(|place| [place]).collect();
        let largest = |rows: &Vec<usize>| rows.iter().map(|at| self.rows[*at].size).max().unwrap_or(0);
        let totals = places.iter().zip(&customers).zip(by_value.values());
        // Of samples it is known only how many they are at least, which decides nothing but what is cheap to leave out.
        let alone: Vec<Row<usize>> =
            totals.map(|((values, customers), rows)| Row { values, customers, size: largest(rows).max(customers.len() as u64) }).collect();
        let is_left_out = left_out(&alone, self.k);
        for ((rows, customers), is_left_out) in by_value.into_values().zip(&customers).zip(is_left_out) {
            let vertex = self.told.vertices;
            self.told.vertices += 1;
            rows.iter().for_each(|at| self.told.rows[*at].ends[side] = vertex);
            if is_left_out {
                self.told.totals.push(Edge { ends: [vertex, GROUND[side]] });
            }
            // A row that is a total which is left out goes with it, and nobody is assumed to know either.
            let goes = rows.len() == 1 && is_left_out;
            for at in &rows {
                self.whole[*at] |= rows.len() == 1 && !is_left_out;
                self.hidden[*at] |= goes;
            }
            if customers.len() >= self.k && !goes {
                rows.iter().for_each(|at| self.known.rows[*at].ends[side] = self.known.vertices);
                self.known.vertices += 1;
                self.totals.push(rows);
            }
        }
    }

    /// Leaves rows out until nothing follows; each turn leaves at least one more out, so there are at most as many turns
    /// as rows.
    fn protect(&mut self) {
        let may_go: Vec<bool> = self.whole.iter().map(|whole| !whole).collect();
        self.known.settle(&may_go);
        self.told.settle(&may_go);
        let must = self.hidden.clone();
        loop {
            let more = self.closing_a_cycle();
            let more = if more.is_empty() { self.filling_a_total().into_iter().collect() } else { more };
            if more.is_empty() {
                break;
            }
            more.into_iter().for_each(|row| self.hidden[row] = true);
        }
        self.return_what_need_not_go(&must);
    }

    fn cost(&self, row: usize) -> usize {
        usize::try_from(self.rows[row].size).unwrap_or(usize::MAX)
    }

    fn may_go(&self, row: usize) -> bool {
        !self.hidden[row] && !self.whole[row]
    }

    /// Where an edge follows, the rows that are cheapest to leave out so that it does not; none when nothing follows.
    fn closing_a_cycle(&self) -> Vec<usize> {
        let price = |row: usize| if self.hidden[row] { Some(0) } else { Some(self.cost(row)).filter(|_| self.may_go(row)) };
        let cycle = |graph: &Graph| graph.following(&self.hidden).first().map(|edge| graph.cheapest_cycle(*edge, price));
        cycle(&self.known).or_else(|| cycle(&self.told)).unwrap_or_default()
    }

    /// Where what is left out of a total has not k customers together, the smallest row that may go: it has k customers,
    /// so one is enough. Of several the one that is in most such totals, then the first.
    fn filling_a_total(&self) -> Option<usize> {
        let mut mends: BTreeMap<usize, usize> = BTreeMap::new();
        for total in self.totals.iter().filter(|total| self.lacks(total)) {
            total.iter().filter(|row| self.may_go(**row)).for_each(|row| *mends.entry(*row).or_default() += 1);
        }
        mends.into_iter().min_by_key(|(row, mended)| (self.rows[*row].size, Reverse(*mended), *row)).map(|(row, _)| row)
    }

    /// Whether rows of this total are left out that have not k customers together.
    fn lacks(&self, total: &[usize]) -> bool {
        let hidden: Vec<usize> = total.iter().copied().filter(|row| self.hidden[*row]).collect();
        !hidden.is_empty() && !have(self.rows, &hidden, self.k)
    }

    /// What went early may be needless after what went later: the largest rows first, each is shown again when the rule
    /// holds without it.
    fn return_what_need_not_go(&mut self, must: &[bool]) {
        let mut extra: Vec<usize> = (0..self.rows.len()).filter(|row| self.hidden[*row] && !must[*row]).collect();
        extra.sort_by_key(|row| Reverse((self.rows[*row].size, *row)));
        for row in extra {
            self.hidden[row] = false;
            let is_needed = self.totals.iter().any(|total| total.contains(&row) && self.lacks(total))
                || !self.known.following(&self.hidden).is_empty()
                || !self.told.following(&self.hidden).is_empty();
            self.hidden[row] = is_needed;
        }
    }
}
