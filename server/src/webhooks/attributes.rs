//! What a hook is cut to: the attributes of merchants that whoever added it is cut to.

use projections::answers::Cut;
use schemas::ids::PartnerId;
use serde::{Deserialize, Serialize};

/// Attributes of merchants: a hook tells of its merchant while the contract in force has them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attributes {
    /// Who brought the merchant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partner: Option<PartnerId>,
    /// Its category code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mcc: Option<String>,
}

impl Attributes {
    /// Those of what a caller is cut to. Merchants that it is cut to by name are left out: a hook is of one of them.
    pub fn of(cut: &Cut) -> Self {
        Self { partner: cut.partner.clone(), mcc: cut.mcc.clone() }
    }

    /// Whether there are none, so that nothing is cut away.
    pub const fn are_none(&self) -> bool {
        self.partner.is_none() && self.mcc.is_none()
    }

    /// What merchants are judged by.
    pub fn cut(&self) -> Cut {
        Cut { merchants: None, partner: self.partner.clone(), mcc: self.mcc.clone() }
    }
}
