//! Positions and entry numbers as they are told: `3:1482211`, and lists of them.

use std::fmt;

/// Up to which offset of which partition an answer includes everything; offset −1 is "nothing yet".
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The partition.
    pub partition: u32,
    /// The last offset that is included.
    pub offset: i64,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.partition, self.offset)
    }
}

/// A text that is no list of positions of this ledger.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PositionError {
    /// Not `partition:offset`.
    #[error("{0:?} is not partition:offset, such as 3:1482211")]
    Syntax(String),
    /// A partition that the ledger does not have.
    #[error("{text:?} names a partition that is not among 0 to {}", partitions.saturating_sub(1))]
    Partition {
        /// What was asked.
        text: String,
        /// How many there are.
        partitions: u32,
    },
    /// One partition twice.
    #[error("partition {0} stands twice")]
    Twice(u32),
}

/// `3:1482211`
pub fn position_text(partition: u32, offset: i64) -> String {
    Position { partition, offset }.to_string()
}

/// `3:99120`
pub fn entry_text(partition: u32, number: u64) -> String {
    format!("{partition}:{number}")
}

/// Reads `0:812,3:1482300`, each partition at most once.
pub fn parse_positions(text: &str, partitions: u32) -> Result<Vec<Position>, PositionError> {
    let mut positions: Vec<Position> = Vec::new();
    for part in text.split(',') {
        let position = parse_position(part).ok_or_else(|| PositionError::Syntax(part.to_owned()))?;
        if position.partition >= partitions {
            return Err(PositionError::Partition { text: part.to_owned(), partitions });
        }
        // At most as many as there are partitions, so this stays short.
        if positions.iter().any(|other| other.partition == position.partition) {
            return Err(PositionError::Twice(position.partition));
        }
        positions.push(position);
    }
    Ok(positions)
}

fn parse_position(text: &str) -> Option<Position> {
    let (partition, offset) = text.split_once(':')?;
    let digits = offset.strip_prefix('-').unwrap_or(offset);
    if !is_plain(partition) || !is_plain(digits) {
        return None;
    }
    let position = Position { partition: partition.parse().ok()?, offset: offset.parse().ok()? };
    (position.offset >= -1).then_some(position)
}

/// Reads `3:99120`; `None` for anything else.
pub fn parse_entry(text: &str) -> Option<(u32, u64)> {
    let (partition, number) = text.split_once(':')?;
    (is_plain(partition) && is_plain(number)).then_some(())?;
    Some((partition.parse().ok()?, number.parse().ok()?))
}

/// Digits and nothing else: `parse` alone would also read a leading plus.
fn is_plain(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_are_read_as_they_are_told() {
        let positions = parse_positions("0:812,3:1482300", 12).expect("two positions");
        assert_eq!(positions.iter().map(Position::to_string).collect::<Vec<_>>(), ["0:812", "3:1482300"]);
        assert_eq!(parse_positions("3:-1", 12), Ok(vec![Position { partition: 3, offset: -1 }]));
        for wrong in ["", "3", "3:", ":3", "3:+1", "3:-2", "a:1", "3:1;4:2", "3:1,", "3: 1"] {
            assert!(matches!(parse_positions(wrong, 12), Err(PositionError::Syntax(_))), "{wrong:?}");
        }
        assert!(matches!(parse_positions("12:0", 12), Err(PositionError::Partition { .. })));
        assert_eq!(parse_positions("1:0,1:1", 12), Err(PositionError::Twice(1)));
        assert_eq!(parse_entry("3:99120"), Some((3, 99120)));
        assert_eq!(parse_entry("3:-1"), None);
    }
}
