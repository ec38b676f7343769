//! A page of a list, newest first.

use serde::Serialize;
use utoipa::ToSchema;

/// A page of a list, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct Page<T: ToSchema> {
    /// Up to where the rows include every event.
    #[schema(example = "3:1482211")]
    pub position: String,
    /// The rows.
    pub rows: Vec<T>,
    /// The `cursor` of the next page; `null` at the end.
    pub next: Option<String>,
}

/// A page of a list over all partitions.
#[derive(Debug, Serialize, ToSchema)]
pub struct PageOfMany<T: ToSchema> {
    /// Up to where of each partition the rows include every event.
    pub position: Vec<String>,
    /// The rows.
    pub rows: Vec<T>,
    /// The `cursor` of the next page; `null` at the end.
    pub next: Option<String>,
}
