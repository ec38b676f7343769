//! What proves that it is all there: the heads of the journals, and that an entry is in one.

mod heads;
mod proof;

/// The handlers, beside what their documentation makes of each.
pub mod paths {
    pub use super::heads::{__path_heads, heads};
    pub use super::proof::{__path_proof, proof};
}
