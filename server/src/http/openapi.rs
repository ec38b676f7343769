//! The OpenAPI document, made from the handlers, and the page that shows it.

use super::parameters::Parameters;
use super::problem::Problem;
use axum::Json;
use axum::Router;
use utoipa::OpenApi;
use utoipa_swagger_ui::{Config, SwaggerUi};

/// The document.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "merchant-ledger",
        description = "A real-time ledger for merchant acquiring: every terminal event becomes journal lines, balances, exposure and fee income.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    paths(
        super::health::healthz,
        super::health::readyz,
        super::metrics::metrics,
        super::post_events::post_events,
        super::event_status::event_status,
        super::quarantine::quarantine,
        super::quarantine::replay,
        super::merchants::merchants,
        super::merchant::paths::balances,
        super::merchant::paths::balances_stream,
        super::merchant::paths::entries,
        super::merchant::paths::payment,
        super::merchant::paths::holds,
        super::merchant::paths::payouts,
        super::merchant::paths::disputes,
        super::merchant::paths::fees,
        super::merchant::paths::statement,
        super::accounts::accounts,
        super::fee_income::fee_income,
        super::exposure::exposure,
        super::consumption::paths::footfall,
        super::consumption::paths::tickets,
        super::consumption::paths::customers,
        super::consumption::paths::segments,
        super::consumption::paths::cohorts,
        super::consumption::paths::mix,
        super::consumption::paths::affinity,
        super::audit::heads,
        super::projections::projections,
        super::projections::rebuild,
        super::projections::rebuild_status,
    ),
    tags(
        (name = "events", description = "What happened, and what became of it"),
        (name = "merchants", description = "What a merchant has, and why"),
        (name = "bank", description = "What the bank sees"),
        (name = "consumption", description = "Who buys what, when and how, and never who they are"),
        (name = "audit", description = "What proves that it is all there"),
        (name = "service", description = "How the service is"),
    ),
)]
struct Document;

/// The document as it is published: the file `server/openapi.json`.
///
/// # Errors
/// Only where it cannot be written as JSON.
pub fn document_text() -> Result<String, serde_json::Error> {
    serde_json::to_string_pretty(&Document::openapi())
}

/// `GET /openapi.json`
pub async fn openapi_json(parameters: Parameters) -> Result<Json<utoipa::openapi::OpenApi>, Problem> {
    parameters.only(&[])?;
    Ok(Json(Document::openapi()))
}

/// The page at `/docs`; everything it loads comes from this program.
pub fn page<S: Clone + Send + Sync + 'static>() -> Router<S> {
    SwaggerUi::new("/docs").config(Config::from("/openapi.json").validator_url("none")).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/openapi.json");

    /// `UPDATE_OPENAPI=1` writes the file anew.
    #[test]
    fn the_published_document_is_the_one_that_is_served() {
        let text = document_text().expect("JSON") + "\n";
        if std::env::var_os("UPDATE_OPENAPI").is_some() {
            std::fs::write(FILE, &text).expect("written");
        }
        let published = std::fs::read_to_string(FILE).expect("server/openapi.json");
        assert!(published == text, "server/openapi.json is not what is served; UPDATE_OPENAPI=1 cargo test --release -p server openapi writes it anew");
        assert!(text.contains("\"openapi\": \"3.1.0\""), "the version of OpenAPI");
    }
}
