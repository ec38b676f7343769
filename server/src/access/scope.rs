//! What a caller is cut to, read from a file or a token: merchants by their ids, attributes by name.

use super::role::{Role, Roles};
use projections::answers::Cut;
use schemas::ids::{MerchantId, PartnerId};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The most merchants that a caller is cut to by name.
pub const MERCHANTS_MAX: usize = 1000;
/// The attributes that a caller can be cut to.
pub const ATTRIBUTES: [&str; 2] = ["partner", "mcc"];

/// Reads what a caller is cut to; nothing is cut away where there are neither merchants nor attributes.
pub fn cut(merchants: &[String], attributes: &BTreeMap<String, String>) -> Result<Cut, String> {
    let mut cut = Cut::default();
    if merchants.len() > MERCHANTS_MAX {
        return Err(format!("there are more than {MERCHANTS_MAX} merchants"));
    }
    if !merchants.is_empty() {
        let merchant = |text: &String| MerchantId::new(text).ok_or_else(|| format!("merchant {text:?} is not 1 to 32 of [A-Za-z0-9._-]"));
        cut.merchants = Some(Arc::new(merchants.iter().map(merchant).collect::<Result<_, _>>()?));
    }
    for (name, value) in attributes {
        match name.as_str() {
            "partner" => cut.partner = Some(PartnerId::new(value).ok_or_else(|| format!("partner {value:?} is no partner's id"))?),
            "mcc" if value.len() == 4 && value.bytes().all(|byte| byte.is_ascii_digit()) => cut.mcc = Some(value.clone()),
            "mcc" => return Err(format!("mcc {value:?} is not four digits")),
            _ => return Err(format!("no attribute {name:?}; there are {}", ATTRIBUTES.join(" and "))),
        }
    }
    Ok(cut)
}

/// A merchant without merchants would see everybody's.
pub fn check(roles: Roles, cut: &Cut) -> Result<(), String> {
    match roles.has(Role::Merchant) && cut.merchants.is_none() {
        true => Err("the role merchant needs a merchant".to_owned()),
        false => Ok(()),
    }
}
