//! `openapi`: prints the OpenAPI document that the server answers at `/openapi.json`.

use super::{Failure, say};

/// Prints the document.
pub fn run() -> Result<(), Failure> {
    say(crate::http::openapi::document_text().map_err(Failure::failed)?)
}
