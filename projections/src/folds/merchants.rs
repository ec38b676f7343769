//! Who there is: what merchants are searched by, of the contract in force.

use crate::views::{Error, Id, Projection, Rows, Table};
use ledger::entry::{Note, Outcome, Recorded};
use schemas::contract::{Contract, Model};
use schemas::event::{Book, Subject};
use schemas::ids::{MerchantId, PartnerId};
use serde::{Deserialize, Serialize};

/// The projection.
pub const ID: Id = Id::new(7, "merchants", 1);

/// Every merchant that has a contract.
pub const MERCHANTS: Table<MerchantId, Option<Merchant>> = Table::new(ID, 0);

/// What a merchant is searched by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Merchant {
    /// The entry of the `contract_set` in force.
    pub contract: u64,
    /// Its name.
    pub name: String,
    /// Its category.
    pub mcc: String,
    /// Where it is.
    pub region: String,
    /// Who brought it or maintains its terminals.
    pub partner: Option<PartnerId>,
    /// Who holds its funds.
    pub holder: Book,
    /// The form of the relationship.
    pub model: Model,
}

impl Merchant {
    /// Of a contract.
    pub fn of(number: u64, contract: &Contract) -> Self {
        Self {
            contract: number,
            name: contract.name.clone(),
            mcc: contract.mcc.clone(),
            region: contract.region.clone(),
            partner: contract.partner.as_ref().map(|partner| partner.id.clone()),
            holder: contract.book(),
            model: contract.model(),
        }
    }
}

/// The fold.
pub struct Merchants;

impl Projection for Merchants {
    fn id(&self) -> Id {
        ID
    }

    fn fold(&mut self, entry: &Recorded, rows: &mut Rows) -> Result<(), Error> {
        if let (Outcome::Posted, Some(Subject::Merchant(merchant)), Note::Contract { contract, .. }) = (&entry.row.outcome, &entry.row.subject, &entry.row.note)
        {
            rows.put(&MERCHANTS, merchant.clone(), Some(Merchant::of(entry.number, contract)))?;
        }
        Ok(())
    }
}
