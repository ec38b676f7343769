//! A page of a list, newest first.

use super::file::Span;
use super::question::tells_rows;
use serde::Serialize;
use utoipa::ToSchema;

/// A page whose position is of one partition, or of all.
macro_rules! page {
    ($(#[$about:meta])* $name:ident, $(#[$position_about:meta])* $position:ty) => {
        $(#[$about])*
        #[derive(Debug, Serialize, ToSchema)]
        pub struct $name<T: ToSchema> {
            $(#[$position_about])*
            pub position: $position,
            /// The open business date, of several partitions the oldest; `null` before the ledger is opened.
            #[schema(example = "2026-11-23")]
            pub business_date: Option<String>,
            /// The first business date of the range, where one was asked for; `null`: from the first on.
            #[serde(skip_serializing_if = "Option::is_none")]
            #[schema(value_type = Option<String>, example = "2026-11-01")]
            pub from: Option<Option<String>>,
            /// The last business date of the range, where one was asked for.
            #[serde(skip_serializing_if = "Option::is_none")]
            #[schema(example = "2026-11-23")]
            pub to: Option<String>,
            /// The rows.
            pub rows: Vec<T>,
            /// The `cursor` of the next page; `null` at the end.
            pub next: Option<String>,
        }
    };
}

page! {
    /// A page of a list, newest first.
    Page,
    /// Up to where the rows include every event.
    #[schema(example = "3:1482211")]
    String
}

page! {
    /// A page of a list over all partitions.
    PageOfMany,
    /// Up to where of each partition the rows include every event.
    Vec<String>
}

/// Up to where an answer includes every event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum At {
    /// Of the one partition that it is about.
    One(String),
    /// Of each partition.
    Many(Vec<String>),
}

impl At {
    /// All of it.
    pub fn all(&self) -> &[String] {
        match self {
            Self::One(position) => std::slice::from_ref(position),
            Self::Many(positions) => positions,
        }
    }
}

/// A page as it is told, of one partition or of all.
pub fn json<T: Serialize + ToSchema>(at: At, span: Span, rows: Vec<T>, next: Option<String>) -> axum::response::Response {
    use axum::Json;
    use axum::response::IntoResponse;
    tells_rows(rows.len());
    let is_range = span.from.or(span.to).is_some();
    let [from, to, business_date] = span.texts();
    // A list has no first date that nobody asked for, and a range says both of its ends.
    let from = is_range.then_some(from);
    match at {
        At::One(position) => Json(Page { position, business_date, from, to, rows, next }).into_response(),
        At::Many(position) => Json(PageOfMany { position, business_date, from, to, rows, next }).into_response(),
    }
}
