//! The tables of `/v1/exposure`: which of them a CSV or Parquet file is, and their columns.

use super::parts::{AlertRow, Concentration, RetentionRow, SchemeReceivable, StoppedTrading};
use super::told::Whole;
use crate::http::parameters::Parameters;
use crate::http::problem::Problem;
use crate::table::{Column, FileForm, Row, Table};
use serde_json::{Value, json};

/// What is told of what is held.
pub const FIGURES: &[Column] = &[Column::money("amount"), Column::money("overdue"), Column::whole("count")];
/// What is told of liability.
pub const LIABILITY: &[Column] = &[
    Column::money("chargeback"),
    Column::money("refund"),
    Column::money("non_delivery"),
    Column::money("owed"),
    Column::money("advances"),
    Column::money("exposure"),
    Column::money("cover"),
    Column::money("uncovered"),
];

/// A table of the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// What is held.
    Rows,
    /// What it may have to pay for.
    Liability,
    /// Reserve by date of release.
    Ladder,
    /// What schemes owe.
    SchemeReceivable,
    /// Who has most: one of the largest a row.
    Concentration,
    /// What PSPs hold.
    Retention,
    /// What is to be looked at.
    Alerts,
    /// Who traded and stopped.
    StoppedTrading,
}

impl Which {
    const ALL: [Self; 8] =
        [Self::Rows, Self::Liability, Self::Ladder, Self::SchemeReceivable, Self::Concentration, Self::Retention, Self::Alerts, Self::StoppedTrading];

    /// As the field of the JSON answer is called.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rows => "rows",
            Self::Liability => "liability",
            Self::Ladder => "ladder",
            Self::SchemeReceivable => "scheme_receivable",
            Self::Concentration => "concentration",
            Self::Retention => "retention",
            Self::Alerts => "alerts",
            Self::StoppedTrading => "stopped_trading",
        }
    }
}

/// The table that a file shall be.
pub fn asked(parameters: &Parameters, form: Option<FileForm>) -> Result<Which, Problem> {
    let names = Which::ALL.map(Which::as_str).join(", ");
    let read = |text: &str| Which::ALL.into_iter().find(|table| table.as_str() == text);
    let asked = parameters.read("table", &format!("one of {names}"), read)?;
    match (form, asked) {
        (None, Some(_)) => Err(Problem::parameter("table", "chooses the table of a CSV or Parquet file; JSON has all of them")),
        (_, asked) => Ok(asked.unwrap_or(Which::Rows)),
    }
}

/// The table.
pub fn of(which: Which, told: Whole) -> Result<Table, Problem> {
    let Whole { answer, rows, liability, ladder } = told;
    let table = match which {
        Which::Rows => Ok(Table { columns: rows, rows: answer.rows }),
        Which::Liability => Ok(Table { columns: liability, rows: answer.liability }),
        Which::Ladder => Ok(Table { columns: ladder, rows: answer.ladder }),
        Which::SchemeReceivable => Table::of(&answer.scheme_receivable),
        Which::Concentration => Table::of(&answer.concentration),
        Which::Retention => Table::of(&answer.retention),
        Which::Alerts => Table::of(&answer.alerts),
        Which::StoppedTrading => Table::of(&answer.stopped_trading),
    };
    table.map_err(|error| Problem::internal(&error))
}

impl Row for StoppedTrading {
    const COLUMNS: &'static [Column] =
        &[Column::text("merchant"), Column::text("merchant_name"), Column::date("last_sale_on"), Column::whole("sale_dates"), Column::whole("silent_weekdays")];
}

impl Row for SchemeReceivable {
    const COLUMNS: &'static [Column] = &[Column::text("scheme"), Column::text("holder"), Column::text("currency"), Column::money("amount")];
}

impl Row for RetentionRow {
    const COLUMNS: &'static [Column] = &[
        Column::text("psp"),
        Column::text("currency"),
        Column::money("amount"),
        Column::decimal("days_to_pay_p50", 1).at("days_to_pay.p50"),
        Column::decimal("days_to_pay_p95", 1).at("days_to_pay.p95"),
    ];
}

impl Row for AlertRow {
    const COLUMNS: &'static [Column] = &[
        Column::text("kind"),
        Column::text("psp"),
        Column::text("merchant"),
        Column::text("merchant_name"),
        Column::whole("partition"),
        Column::text("event"),
        Column::text("type"),
        Column::date("since"),
        Column::date("last"),
        Column::whole("count"),
        Column::text("currency"),
        Column::money("amount"),
        Column::text("severity"),
    ];
}

/// One of the largest a row, the largest first, beside the index of all.
impl Row for Concentration {
    const COLUMNS: &'static [Column] = &[
        Column::text("by"),
        Column::text("currency"),
        Column::whole("rank"),
        Column::text("key"),
        Column::text("key_name"),
        Column::money("amount"),
        Column::percent("share_percent"),
        Column::decimal("hhi", 4),
    ];

    fn rows(&self) -> Result<Vec<Value>, serde_json::Error> {
        let mut rows = Vec::with_capacity(self.top.len());
        for (largest, rank) in self.top.iter().zip(1..) {
            let mut row = json!({"by": self.by, "currency": self.currency, "rank": rank, "hhi": self.hhi});
            if let (Value::Object(row), Value::Object(largest)) = (&mut row, serde_json::to_value(largest)?) {
                row.extend(largest);
            }
            rows.push(row);
        }
        Ok(rows)
    }
}
