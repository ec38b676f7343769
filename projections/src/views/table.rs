//! Tables and the projections that they belong to: constants that a fold and its readers share.

use std::marker::PhantomData;

/// The most projections that a shard may have.
pub const PROJECTIONS_MAX: usize = 32;
/// The most tables that a projection may have.
pub const TABLES_MAX: usize = 20;

/// Which projection: its number is never reused, its version rises whenever its rows would come out differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Id {
    /// Its number among all projections, see [`crate::folds`].
    pub number: u8,
    /// Its name, as on the command line.
    pub name: &'static str,
    /// The version of its fold and of its rows.
    pub version: u32,
}

impl Id {
    /// A projection's identity. Fails to compile where the number is too large.
    pub const fn new(number: u8, name: &'static str, version: u32) -> Self {
        assert!((number as usize) < PROJECTIONS_MAX, "see PROJECTIONS_MAX");
        Self { number, name, version }
    }
}

/// A typed, ordered table of a projection: keys that sort, values in postcard.
pub struct Table<K, V> {
    projection: Id,
    number: u8,
    is_passing: bool,
    is_dated: bool,
    types: PhantomData<fn() -> (K, V)>,
}

impl<K, V> Table<K, V> {
    /// The table with this number of a projection. Fails to compile where the number is too large.
    pub const fn new(projection: Id, number: u8) -> Self {
        assert!((number as usize) < TABLES_MAX, "see TABLES_MAX");
        Self { projection, number, is_passing: false, is_dated: false, types: PhantomData }
    }

    /// A table whose rows the fold hardly needs again once they are written (of payments, say): they do not stay in memory.
    pub const fn passing(mut self) -> Self {
        self.is_passing = true;
        self
    }

    /// A table whose keys have a business date, and whose rows of a date are made by entries of that date alone, by
    /// [`super::Rows::row_of_date`].
    pub const fn dated(mut self) -> Self {
        self.is_dated = true;
        self
    }

    /// Whether its rows are of dates.
    pub(super) const fn is_dated(&self) -> bool {
        self.is_dated
    }

    /// Whether its rows do not stay in memory.
    pub(super) const fn is_passing(&self) -> bool {
        self.is_passing
    }

    /// Whose it is.
    pub const fn projection(&self) -> Id {
        self.projection
    }

    /// Its number within the projection.
    pub const fn number(&self) -> u8 {
        self.number
    }

    /// Its place among all tables of a shard.
    pub(super) const fn place(&self) -> usize {
        self.projection.number as usize * TABLES_MAX + self.number as usize
    }
}

/// What comes before a row's key on disk: the generation of the projection's copy, then the table.
pub(super) const PREFIX_BYTES: usize = 5;

pub(super) fn prefix(generation: u32, table: u8) -> [u8; PREFIX_BYTES] {
    let [a, b, c, d] = generation.to_be_bytes();
    [a, b, c, d, table]
}
