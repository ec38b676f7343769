//! The wire form as tables: every field, every type, and what each type needs. Decoding reads them, and the published
//! JSON Schemas are printed from them, so the two cannot disagree about what is required.

pub mod contract_shape;
pub mod event_type;
pub mod field;
pub mod lists;
mod lookup;
pub mod opening;
pub mod output;
pub mod portable;
pub mod shape;
