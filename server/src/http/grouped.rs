//! What grouped answers have in common: keys, filters, rows.

use super::parameters::Parameters;
use super::problem::Problem;
use projections::answers::GroupValue;
use serde_json::{Map, Value};

/// The keys of `group_by`, in the order asked; each once.
pub fn group_by<K: Copy + PartialEq>(parameters: &Parameters, keys: &[K], name_of: impl Fn(K) -> &'static str) -> Result<Vec<K>, Problem> {
    let all = keys;
    let mut keys = Vec::new();
    for name in parameters.text("group_by").into_iter().flat_map(|text| text.split(',')) {
        let key = all.iter().copied().find(|key| name_of(*key) == name);
        let key = key.ok_or_else(|| Problem::no_such("group_by", "key", name, all.iter().map(|key| name_of(*key))))?;
        if keys.contains(&key) {
            return Err(Problem::parameter("group_by", format!("{name} stands twice")));
        }
        keys.push(key);
    }
    Ok(keys)
}

/// The keys that are filters, each with its value; `values` says which there are, where they are few and fixed.
pub fn filters<K: Copy>(
    parameters: &Parameters,
    keys: &[K],
    name: impl Fn(K) -> &'static str,
    values: impl Fn(K) -> Option<&'static [&'static str]>,
) -> Result<Vec<(K, String)>, Problem> {
    let mut filters = Vec::new();
    for key in keys {
        let Some(value) = parameters.text(name(*key)) else { continue };
        if let Some(values) = values(*key)
            && !values.contains(&value)
        {
            return Err(Problem::no_such(name(*key), "value", value, values.iter().copied()));
        }
        filters.push((*key, value.to_owned()));
    }
    Ok(filters)
}

/// A row that begins with its keys.
pub fn keyed<'a>(keys: impl Iterator<Item = &'static str>, values: impl Iterator<Item = &'a GroupValue>) -> Map<String, Value> {
    keys.zip(values).map(|(key, value)| (key.to_owned(), value.as_str().map_or(Value::Null, |text| Value::String(text.to_owned())))).collect()
}
