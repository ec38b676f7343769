//! The rows of grouped answers as named schemas, so that generated clients have a type for each. A row has the keys that were
//! asked for, and so only some of these; its figures it always has.
//!
//! The answers themselves are written column by column (`table`), which knows no types; a test holds what they tell against
//! these.
//!
//! | file | what it has |
//! |---|---|
//! | `money` | rows of money |
//! | `consumption` | rows of consumption |

mod consumption;
mod money;

use super::openapi_published::{path, refer};
use serde_json::{Map, Value, json};

/// A column: its name, its schema, and a sentence about it.
type Column = (&'static str, Kind, &'static str);

/// What a value is.
#[derive(Clone, Copy)]
enum Kind {
    /// A text, or nothing: a key that was asked for.
    Key,
    /// A text that is always there.
    Text,
    /// A decimal string.
    Money,
    /// A decimal string, or nothing where there is nothing to divide by.
    Ratio,
    /// A whole number, not below zero.
    Count,
    /// A whole number, below zero where more was taken back than came.
    Change,
    /// A whole number, or nothing: a key that was asked for.
    NumberKey,
    /// The schema of this name.
    Of(&'static str),
}

const CURRENCY: Column = ("currency", Kind::Text, "ISO 4217.");
const MERCHANT: Column = ("merchant", Kind::Key, "The merchant.");
const MERCHANT_NAME: Column = ("merchant_name", Kind::Key, "The merchant's name, by its contract in force.");
const MCC: Column = ("mcc", Kind::Key, "The merchant category code of ISO 18245.");
const MCC_NAME: Column = ("mcc_name", Kind::Key, "What the category is called.");
const CARD: Column = ("card", Kind::Key, "How payments are funded.");
const ENTRY_MODE: Column = ("entry_mode", Kind::Key, "How the card or code came into the terminal.");
const DAY: Column = ("day", Kind::Key, "The date.");
const WEEK: Column = ("week", Kind::Key, "The week, by its Monday.");
const MONTH: Column = ("month", Kind::Key, "The month, such as `2026-11`.");

/// A schema of rows: its name, what a row is, its keys and its figures.
struct Row {
    name: &'static str,
    about: &'static str,
    columns: &'static [&'static [Column]],
}

/// The lists of rows: the schema and the property, and the schema of its items.
const LISTS: &[(&str, &str, &str)] = &[
    ("ReconciliationSums", "rows", "ReconciliationRow"),
    ("ReconciliationSums", "total", "ReconciliationTotal"),
    ("ReconciliationSums", "rest", "ReconciliationTotal"),
    ("FeeIncome", "rows", "FeeIncomeRow"),
    ("FeeIncome", "total", "FeeIncomeTotal"),
    ("FeeIncome", "rest", "FeeIncomeTotal"),
    ("ExposureAnswer", "total", "ExposureTotal"),
    ("ExposureAnswer", "rest", "ExposureTotal"),
    ("ExposureAnswer", "ladder", "LadderRow"),
    ("UnbookedCounts", "rows", "UnbookedCount"),
    ("UnbookedCounts", "total", "UnbookedTotal"),
    ("UnbookedCounts", "rest", "UnbookedTotal"),
    ("Accounts", "total", "AccountTotal"),
    ("Accounts", "rest", "AccountTotal"),
    ("ExposureAnswer", "rows", "ExposureRow"),
    ("ExposureAnswer", "liability", "LiabilityRow"),
    ("Accounts", "rows", "AccountRow"),
];

/// The questions about consumption, each with rows of its own in the one shape `Consumption`.
const CONSUMPTION: &[(&str, &str)] = &[
    ("footfall", "Footfall"),
    ("tickets", "Tickets"),
    ("customers", "CustomersAnswer"),
    ("segments", "Segments"),
    ("cohorts", "Cohorts"),
    ("mix", "Mix"),
    ("affinity", "Affinity"),
];

/// Adds the schemas of rows, and refers to them where rows are told.
pub fn name_rows(document: &mut Value) {
    let answers: Vec<(&str, String)> = CONSUMPTION.iter().map(|(path, name)| (*path, format!("{}Row", name.trim_end_matches("Answer")))).collect();
    if let Some(schemas) = document.pointer_mut("/components/schemas").and_then(Value::as_object_mut) {
        name_pages(schemas);
        for row in money::ROWS.iter().chain(consumption::ROWS) {
            schemas.insert(row.name.to_owned(), schema(row));
        }
        for (of, property, row) in LISTS {
            if let Some(list) = schemas.get_mut(*of).and_then(|answer| answer.pointer_mut(&format!("/properties/{property}"))) {
                list["items"] = refer(row);
            }
        }
        for ((_, name), (_, row)) in CONSUMPTION.iter().zip(&answers) {
            let Some(mut answer) = schemas.get("Consumption").cloned() else { continue };
            answer["properties"]["rows"]["items"] = refer(row);
            for list in ["total", "rest"] {
                answer["properties"][list]["items"] = refer("ConsumptionTotal");
            }
            schemas.insert((*name).to_owned(), answer);
        }
    }
    for (question, name) in CONSUMPTION {
        let place = format!("/paths/~1v1~1consumption~1{question}/get/responses/200/content/application~1json/schema");
        if let Some(schema) = document.pointer_mut(&place) {
            schema["$ref"] = json!(path(name));
        }
    }
}

/// A page of a list names the schema of its rows: of `Page_Entry` and `PageOfMany_Entry` that is `Entry`.
fn name_pages(schemas: &mut Map<String, Value>) {
    let of_pages: Vec<(String, String)> = schemas
        .keys()
        .filter_map(|page| page.split_once('_').map(|(_, row)| (page.clone(), row.to_owned())))
        .filter(|(page, _)| page.starts_with("Page"))
        .collect();
    for (page, row) in of_pages {
        let Some(items) = schemas.get_mut(&page).and_then(|schema| schema.pointer_mut("/properties/rows/items")) else { continue };
        let inlined = std::mem::replace(items, refer(&row));
        // The same type in every page; only the first one is kept.
        schemas.entry(row).or_insert(inlined);
    }
}

fn schema(row: &Row) -> Value {
    let (mut properties, mut required) = (Map::new(), Vec::new());
    for (name, kind, about) in row.columns.iter().copied().flatten() {
        let mut property = match kind {
            Kind::Key => json!({"type": ["string", "null"]}),
            Kind::NumberKey => json!({"type": ["integer", "null"]}),
            Kind::Text => json!({"type": "string"}),
            Kind::Money => json!({"type": "string", "pattern": "^-?[0-9]+(\\.[0-9]+)?$"}),
            Kind::Ratio => json!({"type": ["string", "null"], "pattern": "^-?[0-9]+(\\.[0-9]+)?$"}),
            Kind::Count => json!({"type": "integer", "format": "int64", "minimum": 0}),
            Kind::Change => json!({"type": "integer", "format": "int64"}),
            Kind::Of(name) => refer(name),
        };
        property["description"] = json!(about);
        properties.insert((*name).to_owned(), property);
        if !matches!(kind, Kind::Key | Kind::NumberKey) {
            required.push(*name);
        }
    }
    json!({"type": "object", "description": row.about, "required": required, "properties": properties})
}
