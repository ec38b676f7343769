//! The judge: a life runs through the service and the model in step, and the first difference is named.

pub mod child;
pub mod compare;
pub mod coverage;
pub mod run;

use crate::lives::Record;
use crate::model::Model;
use crate::model::invariants::{self, Broken};
use crate::model::said::Said;

/// What the model says of a record, once its own state has been found to keep the rules.
pub fn checked(model: &mut Model, record: &Record) -> Result<Vec<Said>, Broken> {
    let said = model.apply(record.offset, &record.bytes());
    for entry in &said {
        invariants::check_lines(&entry.lines)?;
        if let Some(name) = entry.subject.as_deref().filter(|_| !entry.lines.is_empty()) {
            invariants::check_merchant(model, name)?;
        }
    }
    Ok(said)
}
