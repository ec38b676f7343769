//! JSON forms that the HTTP answers and the command line share, so that a journal line looks the same everywhere.

mod amount;
mod booked;
mod entry;
mod line;
mod position;
mod why;

pub use amount::amount;
pub use booked::Entry;
pub use entry::{EntryForm, FoldedForm, OutcomeName, business_date, code_of, detail_of, outcome_name, subject_text};
pub use line::{LineForm, Lines, SideForm, leg_schema, lines_of};
pub use position::{Position, PositionError, entry_text, parse_entry, parse_positions, position_text};
pub use why::WhyForm;
