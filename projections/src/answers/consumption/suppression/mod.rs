//! Which rows of an answer are left out so that nobody can be told apart. Pure.
//!
//! A row with fewer than k customers is left out. That alone would tell it: whoever knows a total takes what is shown off
//! it. So further rows go, smallest first, until for every *known total* (overall, and of each value of each single key,
//! where it has k customers) no row left out follows by subtraction, and those left out of a total have k customers
//! together. A row that is a whole total by itself stays: the answer by that key alone tells it anyway.
//!
//! With two keys, rows are the edges of a graph whose two sides are the values of the two keys, and known totals are sums
//! over the edges at a vertex. Values without a known total are one vertex a side: the overall total less the known ones
//! of that side is the sum at that vertex. What is left out then follows by subtraction exactly where an edge is a
//! *bridge*: on no cycle of edges left out. With one key, one side is the overall total and the other has none.

mod bridges;
#[cfg(test)]
mod tests;

use bridges::Edge;
use std::collections::{BTreeMap, BTreeSet};

/// A row before it is decided.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a, V> {
    /// Its values of the answer's keys: none, one or two, as many in every row; no two rows have the same.
    pub values: &'a [V],
    /// Its customers, each once.
    pub customers: &'a [u64],
}

/// A total.
struct Total {
    rows: Vec<usize>,
}

/// Whether each row is left out. Rows are of one currency; `k` is the fewest customers that may be told.
pub fn left_out<V: Ord>(rows: &[Row<V>], k: usize) -> Vec<bool> {
    let hidden: Vec<bool> = rows.iter().map(|row| row.customers.len() < k).collect();
    let keys = rows.first().map_or(0, |row| row.values.len());
    let all: Vec<usize> = (0..rows.len()).collect();
    if keys == 0 || !hidden.contains(&true) || !have(rows, all.iter().copied(), k) {
        // Nothing to protect, or nothing is told at all.
        return hidden;
    }
    Table::new(rows, k, hidden, all).protect()
}

/// Whether these rows have k customers together.
fn have<V>(rows: &[Row<V>], which: impl Iterator<Item = usize>, k: usize) -> bool {
    let mut seen = BTreeSet::new();
    for at in which {
        for customer in rows[at].customers {
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
    /// Known totals; the overall one last, because what goes with the others often suffices for it.
    totals: Vec<Total>,
    /// Known totals of each row, besides the overall one.
    of_row: Vec<Vec<usize>>,
    /// The row's edge in the graph.
    edges: Vec<Edge>,
    /// Whether the row is a whole total by itself.
    whole: Vec<bool>,
    vertices: usize,
}

impl<'a, V: Ord> Table<'a, V> {
    fn new(rows: &'a [Row<'a, V>], k: usize, hidden: Vec<bool>, all: Vec<usize>) -> Self {
        let keys = rows.first().map_or(0, |row| row.values.len());
        let mut table = Self {
            rows,
            k,
            hidden,
            totals: Vec::new(),
            of_row: vec![Vec::new(); rows.len()],
            // Vertices 0 and 1 are the values without a known total, one for each side.
            edges: vec![Edge { ends: [0, 1] }; rows.len()],
            whole: vec![false; rows.len()],
            vertices: 2,
        };
        if keys == 2 {
            table.add_side(0);
            table.add_side(1);
        }
        table.totals.push(Total { rows: all });
        table
    }

    /// Adds the totals of one key.
    fn add_side(&mut self, side: usize) {
        let mut by_value: BTreeMap<Option<&V>, Vec<usize>> = BTreeMap::new();
        for (at, row) in self.rows.iter().enumerate() {
            by_value.entry(row.values.get(side)).or_default().push(at);
        }
        for rows in by_value.into_values() {
            if !have(self.rows, rows.iter().copied(), self.k) {
                continue;
            }
            for at in &rows {
                self.of_row[*at].push(self.totals.len());
                self.edges[*at].ends[side] = self.vertices;
                self.whole[*at] |= rows.len() == 1;
            }
            self.vertices += 1;
            self.totals.push(Total { rows });
        }
    }

    /// Leaves rows out until nothing follows; each turn leaves at least one more out, so there are at most as many turns
    /// as rows.
    fn protect(mut self) -> Vec<bool> {
        while self.protect_totals() || self.protect_from_subtraction() {}
        self.hidden
    }

    /// Where what is left out of a total is one row, or has not k customers together, the smallest row goes with it.
    fn protect_totals(&mut self) -> bool {
        let mut changed = false;
        for at in 0..self.totals.len() {
            let hidden: Vec<usize> = self.totals[at].rows.iter().copied().filter(|row| self.hidden[*row]).collect();
            let is_safe = hidden.is_empty() || (hidden.len() > 1 && have(self.rows, hidden.iter().copied(), self.k));
            if !is_safe && let Some(row) = self.smallest(self.totals[at].rows.iter().copied()) {
                self.hidden[row] = true;
                changed = true;
            }
        }
        changed
    }

    /// Where a row follows from several totals, the smallest row of its totals goes, else of those connected with them.
    fn protect_from_subtraction(&mut self) -> bool {
        let edges: Vec<(usize, Edge)> = self.edges.iter().copied().enumerate().filter(|(at, _)| self.hidden[*at]).collect();
        let graph: Vec<Edge> = edges.iter().map(|(_, edge)| *edge).collect();
        let (bridges, components) = bridges::find(self.vertices, &graph);
        for bridge in bridges {
            let (row, edge) = edges[bridge];
            let near = self.smallest(self.of_row[row].iter().flat_map(|total| self.totals[*total].rows.iter().copied()));
            let component = components[edge.ends[0]];
            let far = || self.smallest((0..self.rows.len()).filter(|at| self.edges[*at].ends.iter().any(|end| components[*end] == component)));
            if let Some(more) = near.or_else(far) {
                self.hidden[more] = true;
                return true;
            }
        }
        false
    }

    /// The row with the fewest customers that is shown and may go; of several the first.
    fn smallest(&self, rows: impl Iterator<Item = usize>) -> Option<usize> {
        rows.filter(|at| !self.hidden[*at] && !self.whole[*at]).min_by_key(|at| (self.rows[*at].customers.len(), *at))
    }
}
