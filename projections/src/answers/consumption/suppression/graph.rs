//! What somebody may know, as a graph: what follows from it, and the cheapest rows that keep an edge from following.

use super::bridges::{self, Edge};
use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};

/// The vertices of values without a known total, one for each side.
pub const GROUND: [usize; 2] = [0, 1];

/// Edges are rows and totals that are unknown; the sum of the edges at each vertex is known.
pub struct Graph {
    /// The edge of each row. It counts once the row is left out.
    pub rows: Vec<Edge>,
    /// Totals that are unknown; their numbers go on after those of the rows.
    pub totals: Vec<Edge>,
    pub vertices: usize,
    /// Edges that follow whatever goes.
    lost: BTreeSet<usize>,
}

/// What a way costs: customers, then rows.
type Price = (usize, usize);

impl Graph {
    /// A graph of so many rows, no value of which has a known total.
    pub fn new(rows: usize) -> Self {
        Self { rows: vec![Edge { ends: GROUND }; rows], totals: Vec::new(), vertices: GROUND.len(), lost: BTreeSet::new() }
    }

    /// Notes what follows even when these rows, all that may go, are left out: nothing can be done about it.
    pub fn settle(&mut self, may_go: &[bool]) {
        self.lost = self.following(may_go).into_iter().collect();
    }

    /// The edges that follow while these rows are left out, ascending, without those that follow whatever goes.
    pub fn following(&self, hidden: &[bool]) -> Vec<usize> {
        let rows = self.rows.iter().zip(hidden).enumerate().filter(|(_, (_, hidden))| **hidden).map(|(at, (edge, _))| (at, *edge));
        let totals = self.totals.iter().enumerate().map(|(at, edge)| (self.rows.len() + at, *edge));
        let (numbers, edges): (Vec<usize>, Vec<Edge>) = rows.chain(totals).unzip();
        let bridges = bridges::find(self.vertices, &edges);
        bridges.iter().map(|bridge| numbers[*bridge]).filter(|number| !self.lost.contains(number)).collect()
    }

    /// The rows to leave out so that this edge is on a cycle: those with the fewest customers together, of several the
    /// fewest rows. `price` is the customers of a row, 0 when it is left out already, none when it may not go.
    pub fn cheapest_cycle(&self, through: usize, price: impl Fn(usize) -> Option<usize>) -> Vec<usize> {
        let edge = |number: usize| self.rows.get(number).or_else(|| self.totals.get(number - self.rows.len()));
        let Some(Edge { ends: [from, to] }) = edge(through).copied() else { return Vec::new() };
        let mut at_vertex: Vec<Vec<(usize, usize, usize)>> = vec![Vec::new(); self.vertices];
        for (number, Edge { ends: [a, b] }) in self.rows.iter().chain(&self.totals).enumerate() {
            let customers = if number < self.rows.len() { price(number) } else { Some(0) };
            if let Some(customers) = customers.filter(|_| number != through) {
                at_vertex[*a].push((number, *b, customers));
                at_vertex[*b].push((number, *a, customers));
            }
        }
        let mut best: Vec<Option<(Price, Option<(usize, usize)>)>> = vec![None; self.vertices];
        best[from] = Some(((0, 0), None));
        let mut queue = BinaryHeap::from([Reverse(((0, 0), from))]);
        while let Some(Reverse((spent, vertex))) = queue.pop() {
            if vertex == to {
                break;
            }
            if best[vertex].is_none_or(|(price, _)| price != spent) {
                continue;
            }
            for (number, next, customers) in &at_vertex[vertex] {
                let price = (spent.0 + customers, spent.1 + usize::from(*customers > 0));
                if best[*next].is_none_or(|(known, _)| price < known) {
                    best[*next] = Some((price, Some((vertex, *number))));
                    queue.push(Reverse((price, *next)));
                }
            }
        }
        let mut rows = Vec::new();
        let mut vertex = to;
        while let Some((_, Some((before, number)))) = best[vertex] {
            if number < self.rows.len() && price(number).is_some_and(|customers| customers > 0) {
                rows.push(number);
            }
            vertex = before;
        }
        rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cycle_is_closed_where_it_costs_least() {
        // Two values a side; the rows are all four, the first is left out.
        let mut graph = Graph::new(4);
        graph.vertices = 6;
        graph.rows = [[2, 4], [2, 5], [3, 4], [3, 5]].map(|ends| Edge { ends }).to_vec();
        assert_eq!(graph.following(&[true, false, false, false]), [0]);
        let mut rows = graph.cheapest_cycle(0, |row| [Some(0), Some(10), Some(20), Some(30)][row]);
        rows.sort_unstable();
        assert_eq!(rows, [1, 2, 3], "there is no other way");
        assert_eq!(graph.cheapest_cycle(0, |row| [Some(0), Some(10), None, Some(30)][row]), Vec::<usize>::new());
        graph.settle(&[true, true, false, true]);
        assert_eq!(graph.following(&[true, false, false, false]), Vec::<usize>::new(), "it follows whatever goes");
        // Another row between the same vertices costs less than three.
        graph.rows.push(Edge { ends: [4, 2] });
        assert_eq!(graph.cheapest_cycle(0, |row| [Some(0), Some(10), Some(20), Some(30), Some(59)][row]), [4]);
        assert_eq!(graph.cheapest_cycle(0, |row| [Some(0), Some(10), Some(20), Some(30), Some(60)][row]), [4], "as many customers, fewer rows");
    }
}
