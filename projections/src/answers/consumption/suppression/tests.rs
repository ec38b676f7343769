//! What is left out is judged by solving the linear system of everything that is known, in exact fractions.

use super::*;
use rand::{RngExt, SeedableRng};

fn row<'a>(values: &'a [u8], customers: &'a [u64]) -> Row<'a, u8> {
    Row { values, customers, size: customers.len() as u64 }
}

fn decide(rows: &[(&[u8], &[u64])], k: usize) -> Vec<bool> {
    left_out(&rows.iter().map(|(values, customers)| row(values, customers)).collect::<Vec<_>>(), k)
}

fn people(range: std::ops::Range<u64>) -> Vec<u64> {
    range.collect()
}

#[test]
fn the_published_example_leaves_two_hours_out() {
    let (noon, one, two) = (people(0..25), people(20..31), people(31..34));
    assert_eq!(decide(&[(&[12], &noon), (&[13], &one), (&[14], &two)], 10), [false, true, true]);
}

#[test]
fn what_is_left_out_has_k_customers_together() {
    let (big, middle, small, smaller) = (people(0..50), people(50..62), people(100..104), people(104..107));
    assert_eq!(decide(&[(&[1], &big), (&[2], &middle), (&[3], &small), (&[4], &smaller)], 10), [false, true, true, true], "4 and 3 are 7");
    let other = people(200..206);
    assert_eq!(decide(&[(&[1], &big), (&[2], &middle), (&[3], &small), (&[4], &other)], 10), [false, false, true, true], "4 and 6 are 10");
    let same = people(100..106);
    assert_eq!(decide(&[(&[1], &big), (&[2], &middle), (&[3], &small), (&[4], &same)], 10), [false, true, true, true], "4 of the 6 are the same");
}

#[test]
fn alone_or_too_few_nothing_else_goes() {
    let (few, many) = (people(0..3), people(0..12));
    assert_eq!(decide(&[(&[], &few)], 10), [true]);
    assert_eq!(decide(&[(&[], &many)], 10), [false]);
    assert_eq!(decide(&[(&[1], &few), (&[2], &people(3..6))], 10), [true, true]);
    assert_eq!(decide(&[], 10), Vec::<bool>::new());
    assert_eq!(decide(&[(&[1], &few), (&[2], &many)], 0), [false, false]);
}

#[test]
fn the_only_region_of_an_mcc_stays() {
    // MCC 1 has regions 1 and 2 with few in 2; MCC 2 has region 1 only, MCC 3 has both.
    let rows: [(&[u8], &[u64]); 5] =
        [(&[1, 1], &people(0..30)), (&[1, 2], &people(30..33)), (&[2, 1], &people(40..51)), (&[3, 1], &people(60..80)), (&[3, 2], &people(80..95))];
    let hidden = decide(&rows, 10);
    assert_eq!(hidden, [true, true, false, true, true], "a cycle of four; MCC 2 is told by itself");
}

#[test]
fn two_keys_do_not_undo_what_one_leaves_out() {
    // One weekday only: by hour alone, 13 goes with 14; so it does by weekday and hour.
    let (noon, one, two) = (people(0..25), people(0..11), people(0..3));
    assert_eq!(decide(&[(&[1, 12], &noon), (&[1, 13], &one), (&[1, 14], &two)], 10), [false, true, true]);
    // Two weekdays: the rows of 13 are large, but their sum would tell 13 and so 14.
    let rows: [(&[u8], &[u64]); 6] = [
        (&[1, 12], &people(0..90)),
        (&[1, 13], &people(0..20)),
        (&[1, 14], &people(0..2)),
        (&[2, 12], &people(0..90)),
        (&[2, 13], &people(0..20)),
        (&[2, 14], &people(2..4)),
    ];
    assert_eq!(decide(&rows, 10), [false, true, true, false, true, true]);
}

#[test]
fn a_total_below_k_is_not_known_and_protects_nothing() {
    // Region 2 has three customers in all: nobody may know its total, so MCC 1 less region 1 is what tells it.
    let rows: [(&[u8], &[u64]); 3] = [(&[1, 1], &people(0..30)), (&[1, 2], &people(30..33)), (&[2, 1], &people(40..60))];
    assert_eq!(decide(&rows, 10), [true, true, false]);
}

/// A fraction in lowest terms, its denominator above zero.
#[derive(Clone, Copy, PartialEq, Debug)]
struct Fraction(i128, i128);

impl Fraction {
    fn new(numerator: i128, denominator: i128) -> Self {
        let (mut a, mut b) = (numerator.abs(), denominator.abs());
        while b != 0 {
            (a, b) = (b, a % b);
        }
        let divisor = a.max(1) * denominator.signum();
        Self(numerator / divisor, denominator / divisor)
    }

    fn minus_times(self, factor: Self, other: Self) -> Self {
        let (numerator, denominator) = (factor.0 * other.0, factor.1 * other.1);
        Self::new(self.0 * denominator - numerator * self.1, self.1 * denominator)
    }
}

/// A sum of unknowns, each with its sign.
type Sum = Vec<(usize, i128)>;

/// The unknowns that a system of sums determines: Gauss and Jordan, in fractions.
fn determined(unknowns: usize, sums: &[Sum]) -> BTreeSet<usize> {
    let factor = |sum: &Sum, unknown| sum.iter().filter(|(other, _)| *other == unknown).map(|(_, sign)| *sign).sum();
    let mut system: Vec<Vec<Fraction>> = sums.iter().map(|sum| (0..unknowns).map(|unknown| Fraction(factor(sum, unknown), 1)).collect()).collect();
    let mut done = 0;
    for column in 0..unknowns {
        let Some(pivot) = (done..system.len()).find(|row| system[*row][column].0 != 0) else { continue };
        system.swap(done, pivot);
        let Fraction(a, b) = system[done][column];
        let row: Vec<Fraction> = system[done].iter().map(|value| Fraction::new(value.0 * b, value.1 * a)).collect();
        system[done].clone_from(&row);
        for (at, other) in system.iter_mut().enumerate() {
            if at != done {
                let factor = other[column];
                for (value, pivot) in other.iter_mut().zip(&row) {
                    *value = value.minus_times(factor, *pivot);
                }
            }
        }
        done += 1;
    }
    let alone = |row: &Vec<Fraction>| {
        let mut there = row.iter().enumerate().filter(|(_, value)| value.0 != 0);
        there.next().filter(|_| there.next().is_none()).map(|(at, _)| at)
    };
    system.iter().filter_map(alone).collect()
}

#[test]
fn the_judge_can_solve() {
    let plus = |sums: &[&[usize]]| sums.iter().map(|sum| sum.iter().map(|at| (*at, 1)).collect()).collect::<Vec<Sum>>();
    assert_eq!(determined(2, &plus(&[&[0, 1]])), BTreeSet::new());
    assert_eq!(determined(2, &plus(&[&[0, 1], &[1]])), BTreeSet::from([0, 1]));
    assert_eq!(determined(4, &plus(&[&[0, 1], &[2, 3], &[0, 2], &[1, 3]])), BTreeSet::new());
    assert_eq!(determined(3, &plus(&[&[0, 1], &[1, 2], &[0, 2]])), BTreeSet::from([0, 1, 2]));
    assert_eq!(determined(2, &[vec![(0, 1), (1, -1)], vec![(0, 1), (1, 1)]]), BTreeSet::from([0, 1]));
}

/// A table whose rows are decided.
struct Decided<'a> {
    rows: &'a [(Vec<u8>, Vec<u64>)],
    hidden: Vec<bool>,
    k: usize,
    /// The rows of each value of each key, and whether the answer by that key leaves it out.
    values: Vec<(Vec<usize>, bool)>,
}

impl<'a> Decided<'a> {
    fn new(rows: &'a [(Vec<u8>, Vec<u64>)], k: usize) -> Self {
        let decide = |rows: &[(Vec<u8>, Vec<u64>)]| left_out(&rows.iter().map(|(values, customers)| row(values, customers)).collect::<Vec<Row<u8>>>(), k);
        let mut values = Vec::new();
        if rows.first().is_some_and(|(values, _)| values.len() == 2) {
            for side in 0..2 {
                let of: BTreeSet<u8> = rows.iter().map(|(values, _)| values[side]).collect();
                let members: Vec<Vec<usize>> = of.iter().map(|value| (0..rows.len()).filter(|at| rows[*at].0[side] == *value).collect()).collect();
                let alone: Vec<(Vec<u8>, Vec<u64>)> = of
                    .iter()
                    .zip(&members)
                    .map(|(value, of)| (vec![*value], of.iter().flat_map(|at| rows[*at].1.clone()).collect::<BTreeSet<_>>().into_iter().collect()))
                    .collect();
                values.extend(members.into_iter().zip(decide(&alone)));
            }
        }
        Self { rows, hidden: decide(rows), k, values }
    }

    fn distinct(&self, which: &[usize]) -> usize {
        which.iter().flat_map(|at| &self.rows[*at].1).collect::<BTreeSet<_>>().len()
    }

    /// Whether the row is not told anyway, as a whole total.
    fn can_go(&self, at: usize) -> bool {
        !self.values.iter().any(|(rows, is_left_out)| !is_left_out && *rows == [at])
    }

    /// Totals that somebody is assumed to know: those with k customers, but for single rows that go with their total.
    fn known(&self) -> Vec<Vec<usize>> {
        let all: Vec<usize> = (0..self.rows.len()).collect();
        let known = self.values.iter().filter(|(rows, is_left_out)| !(*is_left_out && rows.len() == 1)).map(|(rows, _)| rows.clone());
        known.chain([all]).filter(|total| self.distinct(total) >= self.k).collect()
    }

    /// What follows for somebody who knows every total with k customers, while these rows are left out.
    fn follows(&self, hidden: &[bool]) -> BTreeSet<Vec<usize>> {
        let unknown: Vec<usize> = (0..self.rows.len()).filter(|at| hidden[*at]).collect();
        let plus = |total: &Vec<usize>| -> Sum { total.iter().filter_map(|at| unknown.iter().position(|other| other == at)).map(|at| (at, 1)).collect() };
        let sums: Vec<Sum> = self.known().iter().map(plus).collect();
        determined(unknown.len(), &sums).into_iter().map(|at| vec![unknown[at]]).collect()
    }

    /// What follows, rows or totals that are left out, for somebody who has the answers by each key.
    fn follows_when_told(&self, hidden: &[bool]) -> BTreeSet<Vec<usize>> {
        let mut unknown: Vec<Vec<usize>> = (0..self.rows.len()).filter(|at| hidden[*at]).map(|at| vec![at]).collect();
        let rows = unknown.len();
        let mut sums: Vec<Sum> = Vec::new();
        for (members, is_left_out) in &self.values {
            let mut sum: Sum = members.iter().filter_map(|at| unknown[..rows].iter().position(|other| *other == [*at])).map(|at| (at, 1)).collect();
            if *is_left_out {
                sum.push((unknown.len(), -1));
                unknown.push(members.clone());
            }
            sums.push(sum);
        }
        if self.distinct(&(0..self.rows.len()).collect::<Vec<_>>()) >= self.k {
            sums.push((0..rows).map(|at| (at, 1)).collect());
        }
        determined(unknown.len(), &sums).into_iter().map(|at| unknown[at].clone()).collect()
    }

    /// The totals with k customers of which so little is left out that it has not k customers, though more may go.
    fn lacking(&self, hidden: &[bool]) -> Vec<Vec<usize>> {
        let lacks = |total: &Vec<usize>| {
            let out: Vec<usize> = total.iter().copied().filter(|at| hidden[*at]).collect();
            !out.is_empty() && self.distinct(&out) < self.k && total.iter().any(|at| !hidden[*at] && self.can_go(*at))
        };
        self.known().into_iter().filter(lacks).collect()
    }

    /// Judges the table; how many rows are left out, and how many of them follow whatever goes.
    fn judge(&self, what: &str) -> (usize, usize) {
        for (at, (_, customers)) in self.rows.iter().enumerate() {
            assert!(self.hidden[at] || customers.len() >= self.k, "{what}: row {at} is told");
        }
        assert_eq!(self.lacking(&self.hidden), Vec::<Vec<usize>>::new(), "{what}: {:?} of {:?}", self.hidden, self.rows);
        let all_that_can: Vec<bool> = (0..self.rows.len()).map(|at| self.hidden[at] || self.can_go(at)).collect();
        let (follow, told) = (self.follows(&self.hidden), self.follows_when_told(&self.hidden));
        assert!(follow.is_empty() || follow.is_subset(&self.follows(&all_that_can)), "{what}: {follow:?} of {:?}; left out {:?}", self.rows, self.hidden);
        let whatever = || self.follows_when_told(&all_that_can);
        assert!(told.is_empty() || told.is_subset(&whatever()), "{what}: {told:?} of {:?} with the answers by each key; left out {:?}", self.rows, self.hidden);
        // None that has k customers went for nothing.
        for at in (0..self.rows.len()).filter(|at| self.hidden[*at] && self.rows[*at].1.len() >= self.k && self.can_go(*at)) {
            let mut fewer = self.hidden.clone();
            fewer[at] = false;
            let is_needed = !self.lacking(&fewer).is_empty()
                || self.follows(&fewer).iter().any(|new| !follow.contains(new))
                || self.follows_when_told(&fewer).iter().any(|new| !told.contains(new));
            let goes = self.values.iter().any(|(rows, is_left_out)| *is_left_out && *rows == [at]);
            assert!(is_needed || goes, "{what}: row {at} of {:?} goes for nothing; left out {:?}", self.rows, self.hidden);
        }
        (self.hidden.iter().filter(|hidden| **hidden).count(), follow.union(&told).count())
    }
}

#[test]
fn nothing_left_out_follows_from_what_is_shown() {
    const SEED: u64 = 20_261_123;
    let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(SEED);
    let (mut tables, mut told, mut out, mut follow) = (0, 0, 0, 0);
    for round in 0..6000 {
        let (a, b) = (random.random_range(1..7u8), random.random_range(1..7u8));
        let two = random.random_bool(0.8);
        let (density, most) = (random.random_range(0.3..1.0), random.random_range(2..40u64));
        let mut rows = Vec::new();
        for left in 0..a {
            for right in 0..if two { b } else { 1 } {
                if random.random_bool(density) {
                    let count = random.random_range(0..=most);
                    let customers: BTreeSet<u64> = (0..count).map(|_| random.random_range(0..60)).collect();
                    rows.push((if two { vec![left, right] } else { vec![left] }, customers.into_iter().collect::<Vec<_>>()));
                }
            }
        }
        let (hidden, follows) = Decided::new(&rows, 10).judge(&format!("round {round} of seed {SEED}"));
        (tables, told, out, follow) = (tables + 1, told + rows.len() - hidden, out + hidden, follow + follows);
    }
    assert!(told > 1000 && out > 1000, "the test is of something: {tables} tables, {told} told, {out} left out, {follow} follow");
    // Small tables with gaps have many rows that are whole totals; each that follows was judged above.
    assert!(follow * 10 < out, "{follow} of {out}");
}

#[test]
fn no_more_goes_than_must() {
    // One small row in a table of large ones: it, one of its row, one of its column, and the corner between.
    let rows: Vec<(Vec<u8>, Vec<u64>)> = (0..5u8)
        .flat_map(|left| {
            (0..5u8).map(move |right| (vec![left, right], if left == 2 && right == 2 { people(0..4) } else { people(0..(20 + u64::from(left * 5 + right))) }))
        })
        .collect();
    let hidden = left_out(&rows.iter().map(|(values, customers)| row(values, customers)).collect::<Vec<_>>(), 10);
    assert_eq!(hidden.iter().filter(|hidden| **hidden).count(), 4, "{hidden:?}");
}

/// Customers of each weekday and hour: busy at noon and in the evening, fewer than k only where told.
fn week(hours: std::ops::Range<u8>, few: &[(u8, u8, u64)]) -> Vec<(Vec<u8>, Vec<u64>)> {
    let mut rows = Vec::new();
    for day in 1..=7u8 {
        for hour in hours.clone() {
            let near = 12u8.abs_diff(hour).min(19u8.abs_diff(hour));
            let usual = 12 + 160 / (1 + u64::from(near)) + u64::from(day * 7 + hour * 5) % 13;
            let count = few.iter().find(|(a, b, _)| (*a, *b) == (day, hour)).map_or(usual, |(_, _, few)| *few);
            let from = u64::from(day) * 1000 + u64::from(hour) * 37;
            rows.push((vec![day, hour], people(from..from + count)));
        }
    }
    rows
}

fn kept(rows: &[(Vec<u8>, Vec<u64>)]) -> usize {
    let given: Vec<Row<u8>> = rows.iter().map(|(values, customers)| row(values, customers)).collect();
    left_out(&given, 10).iter().filter(|hidden| !**hidden).count()
}

#[test]
fn a_week_of_hours_keeps_most_of_its_rows() {
    let rows = week(9..23, &[(1, 9, 4), (3, 9, 7), (4, 22, 2), (6, 16, 9), (7, 10, 5)]);
    assert_eq!(rows.len(), 98);
    assert!(kept(&rows) * 10 >= rows.len() * 8, "{} of {} are kept", kept(&rows), rows.len());
}

#[test]
fn an_hour_with_few_customers_in_all_costs_little() {
    // At 23 there are six customers in a whole week: the answer by hour leaves 23 out, and another hour with it.
    let few: Vec<(u8, u8, u64)> = (1..=7).map(|day| (day, 23, u64::from(day != 4))).collect();
    let rows = week(10..24, &few);
    assert!(kept(&rows) * 10 >= rows.len() * 8, "{} of {} are kept", kept(&rows), rows.len());
}
