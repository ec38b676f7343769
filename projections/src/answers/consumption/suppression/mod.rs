//! Which rows of an answer are left out so that nobody can be told apart. Pure.
//!
//! A row with fewer than k customers is left out. That alone would tell it: whoever knows a total takes what is shown off
//! it. So further rows go, smallest first, until for every *total* with k customers (overall, and of each value of each
//! single key) no row left out follows by subtraction, and those left out of a total have k customers together. A row that
//! is a whole total by itself stays where the answer by that key alone tells that total: it is told anyway.
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
//! All sums at vertices are known, so an edge follows exactly where it is a *bridge*: on no cycle. With one key, one side
//! is the overall total, and the other has no totals.

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

/// The vertices of values without a known total, one for each side.
const GROUND: [usize; 2] = [0, 1];

/// What somebody may know, as a graph.
struct Graph {
    /// The edge of each row.
    rows: Vec<Edge>,
    /// Totals that are unknown.
    totals: Vec<Edge>,
    vertices: usize,
}

/// Whether each row is left out. Rows are of one currency; `k` is the fewest customers that may be told.
pub fn left_out<V: Ord>(rows: &[Row<V>], k: usize) -> Vec<bool> {
    let hidden: Vec<bool> = rows.iter().map(|row| row.customers.len() < k).collect();
    let keys = rows.first().map_or(0, |row| row.values.len());
    let all: Vec<usize> = (0..rows.len()).collect();
    if keys == 0 || !hidden.contains(&true) || !have(rows, &all, k) {
        // Nothing to protect, or nothing is told at all.
        return hidden;
    }
    let edges = vec![Edge { ends: GROUND }; rows.len()];
    let graph = || Graph { rows: edges.clone(), totals: Vec::new(), vertices: GROUND.len() };
    let mut table = Table { rows, k, hidden, totals: Vec::new(), whole: vec![false; rows.len()], known: graph(), told: graph() };
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
    /// The rows of each known total; the overall one last, because what goes with the others often suffices for it.
    totals: Vec<Vec<usize>>,
    /// Whether the row is a whole total by itself that the answer by that key tells.
    whole: Vec<bool>,
    known: Graph,
    told: Graph,
}

impl<V: Ord> Table<'_, V> {
    /// Adds the totals of one key, as its own answer tells them or leaves them out.
    fn add_side(&mut self, side: usize) {
        let mut by_value: BTreeMap<Option<&V>, Vec<usize>> = BTreeMap::new();
        for (at, row) in self.rows.iter().enumerate() {
            by_value.entry(row.values.get(side)).or_default().push(at);
        }
        let together = |rows: &Vec<usize>| rows.iter().flat_map(|at| self.rows[*at].customers).copied().collect::<BTreeSet<u64>>().into_iter().collect();
        let customers: Vec<Vec<u64>> = by_value.values().map(together).collect();
        let places: Vec<[usize; 1]> = (0..customers.len()).map(|place| [place]).collect();
        let alone: Vec<Row<usize>> = places.iter().zip(&customers).map(|(values, customers)| Row { values, customers }).collect();
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
        while self.protect_totals() || self.protect_from(|table| &table.known) || self.protect_from(|table| &table.told) {}
    }

    /// Where what is left out of a total is one row, or has not k customers together, the smallest row goes with it.
    fn protect_totals(&mut self) -> bool {
        let mut changed = false;
        for at in 0..self.totals.len() {
            let hidden: Vec<usize> = self.totals[at].iter().copied().filter(|row| self.hidden[*row]).collect();
            let is_safe = hidden.is_empty() || (hidden.len() > 1 && have(self.rows, &hidden, self.k));
            if !is_safe && let Some(row) = self.smallest(self.totals[at].iter().copied()) {
                self.hidden[row] = true;
                changed = true;
            }
        }
        changed
    }

    /// Where a row or a total follows, the smallest row that is summed with it goes, else one connected with it.
    fn protect_from(&mut self, graph: impl Fn(&Self) -> &Graph) -> bool {
        let graph = graph(self);
        let rows = graph.rows.iter().zip(&self.hidden).filter(|(_, hidden)| **hidden).map(|(edge, _)| *edge);
        let edges: Vec<Edge> = rows.chain(graph.totals.iter().copied()).collect();
        let (bridges, components) = bridges::find(graph.vertices, &edges);
        let more = bridges.iter().find_map(|bridge| {
            let ends = edges[*bridge].ends;
            let at = |of: &dyn Fn(usize) -> bool| self.smallest((0..self.rows.len()).filter(|row| graph.rows[*row].ends.iter().any(|end| of(*end))));
            let near = at(&|end| ends.contains(&end) && !GROUND.contains(&end));
            near.or_else(|| at(&|end| components[end] == components[ends[0]]))
        });
        if let Some(more) = more {
            self.hidden[more] = true;
        }
        more.is_some()
    }

    /// The row with the fewest customers that is shown and may go; of several the first.
    fn smallest(&self, rows: impl Iterator<Item = usize>) -> Option<usize> {
        rows.filter(|at| !self.hidden[*at] && !self.whole[*at]).min_by_key(|at| (self.rows[*at].customers.len(), *at))
    }
}
