//! Tables: what every form of them shares.

pub mod csv;
