//! Load tests and the judge: they reach the service as a stranger does, and judge it by a model of their own.
//!
//! [`model`] is the accounting, written a second time; [`lives`] makes random lives of merchants from a seed; [`judge`]
//! runs both through the service and names the first difference.
#![forbid(unsafe_code)]
#![deny(missing_docs)]

pub mod judge;
pub mod lives;
pub mod model;
