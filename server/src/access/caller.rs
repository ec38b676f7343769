//! Who asks, and so what may be seen and done.

use super::role::{Role, Roles};
use crate::shape::Lines;
use jiff::Timestamp;
use projections::answers::Cut;
use std::sync::Arc;

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The id of a key, `jwt:` and the subject of a token, or `-` where no keys are configured.
    pub who: Arc<str>,
    /// What it may do.
    pub roles: Roles,
    /// What it is cut to: a filter on whatever it asks.
    pub cut: Cut,
    /// From when on it is nobody any more: what its key or token says.
    pub ends: Option<Timestamp>,
}

impl Default for Caller {
    /// Nobody: no role, and no merchant.
    fn default() -> Self {
        Self { who: "".into(), roles: Roles::default(), cut: Cut { merchants: Some(Arc::default()), ..Cut::default() }, ends: None }
    }
}

impl Caller {
    /// Whether its key or token holds at a moment.
    pub fn holds(&self, now: Timestamp) -> bool {
        self.ends.is_none_or(|ends| now < ends)
    }

    /// Anybody, where no keys are configured: everything is allowed.
    pub fn anybody() -> Self {
        Self { who: "-".into(), roles: Roles::all(), cut: Cut::default(), ends: None }
    }

    /// Which lines of an entry it sees.
    pub const fn lines(&self) -> Lines {
        if self.roles.has(Role::Bank) { Lines::Every } else { Lines::OfMerchant }
    }
}
