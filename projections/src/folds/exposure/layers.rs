//! Money by the date it came in, taken oldest first: what tells how long it has been here.

use schemas::time::Date;
use serde::{Deserialize, Serialize};

/// Money by date, oldest first; each amount above zero, at most one for a date.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Layers(Vec<(Date, i128)>);

impl Layers {
    /// Oldest first.
    pub fn iter(&self) -> impl Iterator<Item = (Date, i128)> {
        self.0.iter().copied()
    }

    /// All of it.
    pub fn total(&self) -> i128 {
        self.0.iter().map(|(_, amount)| amount).sum()
    }

    /// Whether there is nothing.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds money that came in on a date, which is not before any that came in earlier.
    pub fn put(&mut self, date: Date, amount: i128) {
        match self.0.last_mut() {
            Some((last, there)) if *last == date => *there += amount,
            _ => self.0.push((date, amount)),
        }
    }

    /// Takes money, oldest first; answers what was taken from each date, `None` where there is less than that.
    pub fn take(&mut self, amount: i128) -> Option<Vec<(Date, i128)>> {
        if amount == 0 {
            return Some(Vec::new());
        }
        let mut left = amount;
        let mut taken = Vec::new();
        for (date, there) in &mut self.0 {
            let part = left.min(*there);
            if part == 0 {
                break;
            }
            *there -= part;
            left -= part;
            taken.push((*date, part));
        }
        self.0.retain(|(_, there)| *there > 0);
        (left == 0).then_some(taken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_goes_out_first() {
        let mut layers = Layers::default();
        let date = Date::from_days;
        layers.put(date(1), 100);
        layers.put(date(2), 50);
        layers.put(date(2), 7);
        assert_eq!(layers.take(120), Some(vec![(date(1), 100), (date(2), 20)]));
        assert_eq!(layers.iter().collect::<Vec<_>>(), [(date(2), 37)]);
        assert_eq!(layers.take(38), None, "there is less than that");
    }
}
