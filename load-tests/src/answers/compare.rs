//! Compares what the model says with an answer. Objects may have grown fields that the model does not know.

use serde_json::Value;
use std::cmp::Ordering;

/// How many figures agree, or what does not, in words.
pub type Compared = Result<u64, String>;

/// The longest that a value is shown in a difference.
const SHOWN_MAX: usize = 900;

/// Whether each of the model's figures is in the answer, lists in the same order.
pub fn same(path: &str, mine: &Value, theirs: &Value) -> Compared {
    match (mine, theirs) {
        (Value::Object(own), Value::Object(_)) => {
            own.iter().try_fold(0, |sum, (key, value)| Ok(sum + same(&format!("{path}.{key}"), value, theirs.get(key).unwrap_or(&Value::Null))?))
        }
        (Value::Array(own), Value::Array(their)) if own.len() == their.len() => {
            own.iter().zip(their).enumerate().try_fold(0, |sum, (at, (mine, theirs))| Ok(sum + same(&format!("{path}[{at}]"), mine, theirs)?))
        }
        _ if mine == theirs => Ok(1),
        _ => Err(format!("{path}: model {}, service {}", shown(mine), shown(theirs))),
    }
}

/// Whether the rows are the same, whatever their order.
pub fn same_rows(path: &str, mine: &[Value], theirs: &Value) -> Compared {
    let Some(theirs) = theirs.as_array() else { return Err(format!("{path}: {} is no list", shown(theirs))) };
    let mut theirs: Vec<&Value> = theirs.iter().collect();
    let mut only_mine: Vec<&Value> = Vec::new();
    for row in mine {
        match theirs.iter().position(|other| same("", row, other).is_ok()) {
            Some(at) => drop(theirs.swap_remove(at)),
            None => only_mine.push(row),
        }
    }
    if only_mine.is_empty() && theirs.is_empty() {
        return Ok(mine.iter().map(leaves).sum());
    }
    let list = |rows: &[&Value]| rows.iter().take(3).map(|row| format!("\n      {}", shown(row))).collect::<String>();
    let (many, more) = (only_mine.len(), theirs.len());
    // Next to a row of ours stands the one of theirs that agrees most.
    theirs.sort_by_key(|row| only_mine.first().map_or(0, |mine| -agreeing(mine, row)));
    Err(format!("{path}: {many} rows only of the model:{}\n    {more} only of the service:{}", list(&only_mine), list(&theirs)))
}

/// Whether rows follow these keys, `null` last.
pub fn in_order(rows: &Value, keys: &[&str]) -> Compared {
    let rows = rows.as_array().map(Vec::as_slice).unwrap_or_default();
    let order = |one: &Value, other: &Value| match (one, other) {
        (Value::Null, Value::Null) => Ordering::Equal,
        (Value::Null, _) => Ordering::Greater,
        (_, Value::Null) => Ordering::Less,
        (Value::Number(one), Value::Number(other)) => one.as_i64().cmp(&other.as_i64()),
        _ => one.as_str().cmp(&other.as_str()),
    };
    let wrong = rows.windows(2).find(|pair| {
        let orders = keys.iter().map(|key| order(&pair[0][*key], &pair[1][*key]));
        orders.fold(Ordering::Equal, Ordering::then) == Ordering::Greater
    });
    match wrong {
        Some(pair) => Err(format!("rows do not follow {keys:?}: {} before {}", shown(&pair[0]), shown(&pair[1]))),
        None => Ok(0),
    }
}

/// The figures in a value.
pub fn leaves(value: &Value) -> u64 {
    match value {
        Value::Object(members) => members.values().map(leaves).sum(),
        Value::Array(members) => members.iter().map(leaves).sum(),
        _ => 1,
    }
}

fn agreeing(one: &Value, other: &Value) -> i64 {
    let Some(members) = one.as_object() else { return 0 };
    members.iter().filter(|(name, value)| other.get(name.as_str()) == Some(value)).map(|_| 1).sum()
}

fn shown(value: &Value) -> String {
    let text = value.to_string();
    if text.chars().count() > SHOWN_MAX { text.chars().take(SHOWN_MAX).chain("…".chars()).collect() } else { text }
}
