//! What a service tells of its ledger: everything that must be equal on every machine.

use super::Error;
use crate::service::Client;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

/// How long the trees of hashes are waited for: they grow beside the fold, and after it.
const ROOTS_WAIT_MAX: Duration = Duration::from_secs(60);

/// Heads, with the root of every partition.
fn rooted(client: &Client) -> Result<Value, crate::service::Error> {
    let deadline = Instant::now() + ROOTS_WAIT_MAX;
    loop {
        let heads = client.get("/v1/audit/heads")?;
        let has_roots = heads["rows"].as_array().is_some_and(|rows| rows.iter().all(|row| !row["root"].is_null()));
        if has_roots || Instant::now() >= deadline {
            return Ok(heads);
        }
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// Answers by what was asked.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Told(BTreeMap<String, Value>);

impl Told {
    /// Asks for heads, the trial balance, merchants, what was set aside, and the balances and entries of some merchants.
    ///
    /// # Errors
    /// An answer does not come, or is not 200.
    pub fn ask(client: &Client, merchants: &BTreeSet<String>) -> Result<Self, crate::service::Error> {
        let mut told = BTreeMap::new();
        told.insert("/v1/audit/heads".to_owned(), rooted(client)?);
        let path = "/v1/accounts?group_by=book,code,currency";
        told.insert(path.to_owned(), client.get(path)?);
        for path in ["/v1/merchants", "/v1/quarantine"] {
            told.insert(path.to_owned(), Value::Array(client.rows(path)?));
        }
        for merchant in merchants {
            let path = format!("/v1/merchants/{merchant}/balances");
            let answer = client.ask(&path)?;
            // One that never had a contract is not found, which must be so for both.
            told.insert(path, serde_json::json!([answer.status, answer.body]));
            if answer.status == 200 {
                let path = format!("/v1/merchants/{merchant}/entries?limit=50");
                told.insert(path.clone(), client.get(&path)?);
            }
        }
        Ok(Self(told))
    }

    /// How many entries all journals have.
    pub fn entries(&self) -> u64 {
        let rows = self.0.get("/v1/audit/heads").and_then(|heads| heads["rows"].as_array());
        rows.into_iter().flatten().filter_map(|row| row["entries"].as_u64()).sum()
    }

    /// The head of each partition, as it was answered.
    pub fn heads(&self) -> Vec<(u64, String)> {
        let rows = self.0.get("/v1/audit/heads").and_then(|heads| heads["rows"].as_array());
        rows.into_iter().flatten().map(|row| (row["entries"].as_u64().unwrap_or(0), row["head"].as_str().unwrap_or_default().to_owned())).collect()
    }

    /// How many answers there are, and how many records were set aside.
    pub fn counts(&self) -> (usize, usize) {
        (self.0.len(), self.0.get("/v1/quarantine").and_then(Value::as_array).map_or(0, Vec::len))
    }

    /// Fails at the first answer that is not the other's.
    ///
    /// # Errors
    /// [`Error::Differs`].
    pub fn same(&self, undisturbed: &Self, kills: u32) -> Result<(), Error> {
        let paths: BTreeSet<&String> = self.0.keys().chain(undisturbed.0.keys()).collect();
        for path in paths {
            let nothing = Value::Null;
            let (one, other) = (self.0.get(path).unwrap_or(&nothing), undisturbed.0.get(path).unwrap_or(&nothing));
            if let Some((place, one, other)) = first_difference(one, other, String::new()) {
                return Err(Error::Differs { kills, path: path.clone(), place, killed: one.to_string(), undisturbed: other.to_string() });
            }
        }
        Ok(())
    }
}

fn first_difference<'v>(one: &'v Value, other: &'v Value, place: String) -> Option<(String, &'v Value, &'v Value)> {
    match (one, other) {
        (Value::Array(ones), Value::Array(others)) if ones.len() == others.len() => {
            ones.iter().zip(others).enumerate().find_map(|(index, (one, other))| first_difference(one, other, format!("{place}/{index}")))
        }
        (Value::Object(ones), Value::Object(others)) if ones.keys().eq(others.keys()) => {
            ones.iter().zip(others).find_map(|((name, one), (_, other))| first_difference(one, other, format!("{place}/{name}")))
        }
        (one, other) => (one != other).then_some((place, one, other)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_first_difference_is_named_with_its_place() {
        let told = |head: &str| Told(BTreeMap::from([("/v1/audit/heads".to_owned(), json!({"rows": [{"entries": 3, "head": head}]}))]));
        assert!(told("a").same(&told("a"), 1).is_ok());
        let error = told("a").same(&told("b"), 50).expect_err("they differ").to_string();
        assert_eq!(error, r#"after 50 kills /v1/audit/heads is not what an undisturbed run says, at /rows/0/head: "a" instead of "b""#);
        assert!(told("a").same(&Told::default(), 1).is_err());
        assert_eq!(told("a").entries(), 3);
    }
}
