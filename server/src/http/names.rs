//! Names beside ids: `merchant_name` beside `merchant`, by the contract in force; `code_name` beside a code of the chart of
//! accounts; `mcc_name` beside a merchant category code. Where an id has no name, it is `null`.

use super::categories;
use super::everywhere::of;
use super::problem::Problem;
use crate::node::Node;
use crate::table::{Column, Table};
use ledger::entry::Code;
use projections::answers::merchant_name;
use schemas::ids::MerchantId;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Merchants' names by their ids.
pub type MerchantNames = BTreeMap<MerchantId, String>;

/// The columns whose ids are merchants' in every table, and the columns of their names.
const MERCHANTS: &[(&str, Column)] = &[("merchant", Column::text("merchant_name"))];
/// The same of codes of the chart.
const CODES: &[(&str, Column)] = &[("code", Column::text("code_name"))];
/// The same of merchant category codes.
const CATEGORIES: &[(&str, Column)] = &[("mcc", Column::text("mcc_name"))];

/// Puts names beside the ids of a table.
pub fn beside(node: &Node, table: &mut Table) -> Result<(), Problem> {
    beside_merchants(node, table, MERCHANTS)?;
    for (id, name) in CODES {
        add(table, id, *name, |code| code.parse().ok().and_then(Code::from_number).map(|code| words(code.name())));
    }
    beside_categories(table, CATEGORIES);
    Ok(())
}

/// Puts the names of merchant categories beside their codes in these columns.
pub fn beside_categories(table: &mut Table, columns: &[(&'static str, Column)]) {
    for (id, name) in columns {
        add(table, id, *name, |mcc| categories::name(mcc).map(str::to_owned));
    }
}

/// Puts merchants' names beside their ids in these columns.
pub fn beside_merchants(node: &Node, table: &mut Table, columns: &[(&'static str, Column)]) -> Result<(), Problem> {
    let columns: Vec<_> = columns.iter().filter(|(id, _)| table.columns.iter().any(|column| column.name == *id)).collect();
    let ids: BTreeSet<MerchantId> =
        table.rows.iter().flat_map(|row| columns.iter().filter_map(|(id, _)| row.get(id)?.as_str().and_then(MerchantId::new))).collect();
    let names = of_merchants(node, ids)?;
    for (id, name) in columns {
        add(table, id, *name, |id| MerchantId::new(id).and_then(|id| names.get(&id).cloned()));
    }
    Ok(())
}

/// Asks each partition once for the names of its merchants.
pub fn of_merchants(node: &Node, ids: BTreeSet<MerchantId>) -> Result<MerchantNames, Problem> {
    let mut homes = BTreeMap::<u32, Vec<MerchantId>>::new();
    for id in ids {
        homes.entry(node.home(id.as_str())?.partition()).or_default().push(id);
    }
    let mut names = BTreeMap::new();
    for (partition, ids) in homes {
        let Some(place) = node.place(partition) else { continue };
        place.read(|shard| {
            for id in ids {
                let name = merchant_name(shard, &id).map_err(|error| of(shard, error))?;
                names.extend(name.map(|name| (id, name)));
            }
            Ok::<_, Problem>(())
        })?;
    }
    Ok(names)
}

/// Adds a column of names after the one of ids, where the table has that.
fn add(table: &mut Table, id: &str, name: Column, find: impl Fn(&str) -> Option<String>) {
    let Some(place) = table.columns.iter().position(|column| column.name == id) else { return };
    table.columns.insert(place + 1, name);
    for row in &mut table.rows {
        let found = row.get(id).and_then(Value::as_str).and_then(&find).map_or(Value::Null, Value::String);
        if let Some(row) = row.as_object_mut() {
            row.insert(name.name.to_owned(), found);
        }
    }
}

/// `SchemeReceivable` is "Scheme receivable".
fn words(name: &str) -> String {
    let mut words = String::with_capacity(name.len() + 4);
    for (place, letter) in name.char_indices() {
        if letter.is_ascii_uppercase() && place > 0 {
            words.push(' ');
            words.push(letter.to_ascii_lowercase());
        } else {
            words.push(letter);
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn names_stand_after_their_ids() {
        assert_eq!(words("SchemeReceivable"), "Scheme receivable");
        let mut table = Table { columns: vec![Column::text("code"), Column::money("balance")], rows: vec![json!({"code": "1010"}), json!({"code": null})] };
        add(&mut table, "code", Column::text("code_name"), |code| (code == "1010").then(|| "A name".to_owned()));
        assert_eq!(table.columns.iter().map(|column| column.name).collect::<Vec<_>>(), ["code", "code_name", "balance"]);
        assert_eq!(table.rows, [json!({"code": "1010", "code_name": "A name"}), json!({"code": null, "code_name": null})]);
    }
}
