//! What is left out is judged by solving the linear system of everything that is known, in exact fractions.

use super::*;
use rand::{RngExt, SeedableRng};

fn decide(rows: &[(&[u8], &[u64])], k: usize) -> Vec<bool> {
    left_out(&rows.iter().map(|(values, customers)| Row { values, customers }).collect::<Vec<_>>(), k)
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

/// The unknowns that a system of sums determines: Gauss and Jordan, in fractions.
fn determined(unknowns: usize, sums: &[Vec<usize>]) -> BTreeSet<usize> {
    let mut system: Vec<Vec<Fraction>> = sums
        .iter()
        .map(|sum| (0..unknowns).map(|unknown| Fraction(i128::from(sum.contains(&unknown)), 1)).collect())
        .collect();
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
    assert_eq!(determined(2, &[vec![0, 1]]), BTreeSet::new());
    assert_eq!(determined(2, &[vec![0, 1], vec![1]]), BTreeSet::from([0, 1]));
    assert_eq!(determined(4, &[vec![0, 1], vec![2, 3], vec![0, 2], vec![1, 3]]), BTreeSet::new());
    assert_eq!(determined(3, &[vec![0, 1], vec![1, 2], vec![0, 2]]), BTreeSet::from([0, 1, 2]));
}

/// Judges one table.
fn judge(rows: &[(Vec<u8>, Vec<u64>)], k: usize, what: &str) -> (usize, usize) {
    let given: Vec<Row<u8>> = rows.iter().map(|(values, customers)| Row { values, customers }).collect();
    let hidden = left_out(&given, k);
    let distinct = |which: &[usize]| which.iter().flat_map(|at| &rows[*at].1).collect::<BTreeSet<_>>().len();
    for (at, (_, customers)) in rows.iter().enumerate() {
        assert!(hidden[at] || customers.len() >= k, "{what}: row {at} is told");
    }
    let keys = rows.first().map_or(0, |(values, _)| values.len());
    let mut totals: Vec<Vec<usize>> = vec![(0..rows.len()).collect()];
    if keys == 2 {
        for side in 0..2 {
            for value in rows.iter().map(|(values, _)| values[side]).collect::<BTreeSet<_>>() {
                totals.push((0..rows.len()).filter(|at| rows[*at].0[side] == value).collect());
            }
        }
    }
    totals.retain(|total| distinct(total) >= k);
    let whole = |at: usize| totals.iter().skip(1).any(|total| total == &[at]);
    let may_go = |at: usize| !hidden[at] && !whole(at);
    for total in &totals {
        let out: Vec<usize> = total.iter().copied().filter(|at| hidden[*at]).collect();
        assert!(out.is_empty() || distinct(&out) >= k || !total.iter().any(|at| may_go(*at)), "{what}: {out:?} of {total:?}");
    }
    let unknown: Vec<usize> = (0..rows.len()).filter(|at| hidden[*at]).collect();
    let place = |at: &usize| unknown.iter().position(|other| other == at);
    let sums: Vec<Vec<usize>> = totals.iter().map(|total| total.iter().filter_map(place).collect()).collect();
    let follows = determined(unknown.len(), &sums);
    for at in &follows {
        // Only where nothing is left that may go in any total that is connected with the row.
        let mut connected = BTreeSet::from([unknown[*at]]);
        loop {
            let reach: BTreeSet<usize> = totals
                .iter()
                .skip(usize::from(keys == 2))
                .filter(|total| total.iter().any(|row| connected.contains(row)))
                .flat_map(|total| total.iter().copied().filter(|row| hidden[*row] || may_go(*row)))
                .collect();
            if reach.is_subset(&connected) {
                break;
            }
            connected.extend(reach);
        }
        assert!(!connected.iter().any(|row| may_go(*row)), "{what}: row {} of {rows:?} follows", unknown[*at]);
    }
    (unknown.len(), follows.len())
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
        let (hidden, follows) = judge(&rows, 10, &format!("round {round} of seed {SEED}"));
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
        .flat_map(|left| (0..5u8).map(move |right| (vec![left, right], if left == 2 && right == 2 { people(0..4) } else { people(0..(20 + u64::from(left * 5 + right))) })))
        .collect();
    let hidden = left_out(&rows.iter().map(|(values, customers)| Row { values, customers }).collect::<Vec<_>>(), 10);
    assert_eq!(hidden.iter().filter(|hidden| **hidden).count(), 4, "{hidden:?}");
}
