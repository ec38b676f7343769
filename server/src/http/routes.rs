//! Every route, listed once: who may call it, whose rows it tells, what it costs, and its handler. Method and path are those
//! of the handler's documentation, so what is served and what is documented cannot differ.
//!
//! A new endpoint is one line here; without an access it does not compile. `x-roles` of the OpenAPI document are these.

use super::guard::{Access, Of, judge};
use super::{
    Service, accounts, audit, cluster, consumption, event_list, event_status, exposure, fee_income, health, lists, merchant, merchants, metrics, post_events,
};
use super::{projections, quarantine, reconciliation, webhooks, whoami};
use crate::access::Role::{Bank, Ingest, Marketing, Merchant, Operator};
use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{MethodFilter, MethodRouter, on};
use utoipa::OpenApi;

/// A route of the list.
struct Route {
    /// The handler's name, which is the id of its operation.
    operation: &'static str,
    access: Access,
    answers: fn(MethodFilter) -> MethodRouter<Service>,
}

/// Open to everybody, unless `metrics_key` says otherwise: then to whoever has a key.
const METRICS: Access = Access { of: Of::Service, ..Access::OPEN };
/// Whoever has a key.
const ANYBODY: Access = Access::to(&[Bank, Merchant, Marketing, Operator, Ingest], Of::Merchants);
/// What a merchant may be told of itself, and the bank of each.
const OF_MERCHANT: Access = Access::to(&[Merchant, Bank], Of::Merchant);
/// The same, of lists, whose file may be the whole of it.
const LIST_OF_MERCHANT: Access = OF_MERCHANT.by_form();
/// What the bank may be told of many merchants.
const OF_MERCHANTS: Access = Access::to(&[Bank], Of::Merchants).expensive();
/// What others say otherwise; of a merchant its own.
const BREAKS: Access = Access::to(&[Bank, Merchant], Of::Merchants).expensive();
/// Calls to a merchant's own server: its own, and the bank's.
const WEBHOOKS: Access = Access::to(&[Merchant, Bank], Of::Merchants);
/// Who buys what.
const CONSUMPTION: Access = Access::to(&[Marketing, Bank, Merchant], Of::Merchants).expensive();

macro_rules! routes {
    ($($access:expr => $first:ident $(:: $rest:ident)*;)*) => {
        /// The document, without what all operations have in common.
        #[derive(OpenApi)]
        #[openapi(
            info(
                title = "merchant-ledger",
                description = "A real-time ledger for merchant acquiring: every terminal event becomes journal lines, balances, exposure and fee income.",
                contact(name = "merchant-ledger", url = "https://github.com/merchant-ledger/merchant-ledger"),
                license(name = "Apache-2.0", identifier = "Apache-2.0"),
            ),
            servers((url = "/", description = "The server that answers this document")),
            paths($($first $(:: $rest)*),*),
            tags(
                (name = "events", description = "What happened, and what became of it"),
                (name = "merchants", description = "What a merchant has, and why"),
                (name = "bank", description = "What the bank sees"),
                (name = "consumption", description = "Who buys what, when and how, and never who they are"),
                (name = "webhooks", description = "Calls to a merchant's own server when something happens to it"),
                (name = "audit", description = "What proves that it is all there"),
                (name = "service", description = "How the service is"),
            ),
        )]
        pub struct Document;

        fn listed() -> Vec<Route> {
            vec![$(Route {
                operation: last(stringify!($first $(:: $rest)*)),
                access: $access,
                answers: |method| on(method, $first $(:: $rest)*),
            }),*]
        }
    };
}

routes! {
    Access::OPEN => health::healthz;
    Access::OPEN => health::readyz;
    METRICS => metrics::metrics;
    ANYBODY => whoami::whoami;
    Access::to(&[Ingest, Operator, Bank], Of::Merchants) => post_events::post_events;
    Access::to(&[Ingest, Bank], Of::Merchants).expensive() => event_list::event_list;
    Access::to(&[Ingest, Bank], Of::Merchants) => event_status::event_status;
    Access::to(&[Operator], Of::Parties).expensive() => quarantine::quarantine;
    Access::to(&[Operator], Of::Parties) => quarantine::replay;
    OF_MERCHANTS => merchants::merchants;
    OF_MERCHANT => merchant::paths::balances;
    OF_MERCHANT => merchant::paths::balances_stream;
    LIST_OF_MERCHANT => merchant::paths::entries;
    OF_MERCHANT => merchant::paths::payment;
    LIST_OF_MERCHANT => merchant::paths::holds;
    LIST_OF_MERCHANT => merchant::paths::payouts;
    LIST_OF_MERCHANT => merchant::paths::payout;
    LIST_OF_MERCHANT => merchant::paths::payout_items;
    LIST_OF_MERCHANT => merchant::paths::payout_next;
    LIST_OF_MERCHANT => merchant::paths::payout_next_items;
    LIST_OF_MERCHANT => merchant::paths::disputes;
    Access::to(&[Bank], Of::Merchant).by_form() => merchant::paths::contracts;
    LIST_OF_MERCHANT => merchant::paths::fees;
    OF_MERCHANT => merchant::paths::statement;
    OF_MERCHANTS => lists::paths::all_entries;
    OF_MERCHANTS => lists::paths::all_payments;
    OF_MERCHANTS => lists::paths::all_holds;
    OF_MERCHANTS => lists::paths::all_payouts;
    OF_MERCHANTS => lists::paths::all_disputes;
    Access::to(&[Bank], Of::Parties).expensive() => accounts::accounts;
    OF_MERCHANTS => fee_income::fee_income;
    OF_MERCHANTS => reconciliation::paths::reconciliation;
    BREAKS => reconciliation::paths::breaks;
    Access::to(&[Bank], Of::Ledger).expensive() => reconciliation::paths::reports;
    OF_MERCHANTS => exposure::exposure;
    CONSUMPTION => consumption::paths::footfall;
    CONSUMPTION => consumption::paths::tickets;
    CONSUMPTION => consumption::paths::customers;
    CONSUMPTION => consumption::paths::segments;
    CONSUMPTION => consumption::paths::cohorts;
    CONSUMPTION => consumption::paths::mix;
    CONSUMPTION => consumption::paths::affinity;
    Access::to(&[Merchant, Bank], Of::Ledger) => audit::paths::heads;
    Access::to(&[Merchant, Bank], Of::Merchants) => audit::paths::proof;
    Access::to(&[Operator, Bank], Of::Ledger) => cluster::cluster;
    Access::to(&[Operator, Bank], Of::Ledger) => projections::projections;
    WEBHOOKS => webhooks::add_webhook;
    WEBHOOKS => webhooks::webhooks;
    WEBHOOKS => webhooks::webhook;
    WEBHOOKS => webhooks::remove_webhook;
    WEBHOOKS => webhooks::rotate_secret;
    WEBHOOKS => webhooks::deliveries::deliveries;
    WEBHOOKS => webhooks::deliveries::retry;
    Access::to(&[Operator], Of::Ledger) => projections::rebuild;
    Access::to(&[Operator, Bank], Of::Ledger) => projections::rebuild_status;
}

/// The last name of a path as `stringify!` writes it.
fn last(path: &'static str) -> &'static str {
    path.rsplit("::").next().unwrap_or(path).trim()
}

/// An operation of the document.
pub struct Operation {
    /// Its id: the handler's name.
    pub id: String,
    /// The path, as axum and OpenAPI both write it.
    pub path: String,
    /// The method.
    pub method: MethodFilter,
}

/// The operations of the document.
fn operations() -> Vec<Operation> {
    let mut operations = Vec::new();
    for (path, item) in Document::openapi().paths.paths {
        for (method, operation) in [(MethodFilter::GET, item.get), (MethodFilter::POST, item.post), (MethodFilter::DELETE, item.delete)] {
            let id = operation.and_then(|operation| operation.operation_id);
            operations.extend(id.map(|id| Operation { id, path: path.clone(), method }));
        }
    }
    operations
}

/// The access of the operation of this id.
pub fn access_of(operation: &str) -> Option<Access> {
    listed().into_iter().find(|route| route.operation == operation).map(|route| route.access)
}

/// Every route, each judged by its access. An operation without a handler, or a handler without one, is a mistake in the list
/// above, which the test below finds.
pub fn router(service: &Service) -> Router<Service> {
    let operations = operations();
    let mut router = Router::new();
    for route in listed() {
        for operation in operations.iter().filter(|operation| operation.id == route.operation) {
            let judged = from_fn_with_state((service.clone(), route.access), judge);
            router = router.route(&operation.path, (route.answers)(operation.method).route_layer(judged));
        }
    }
    router
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn each_route_is_documented_once_and_each_operation_is_served() {
        let documented: Vec<String> = operations().into_iter().map(|operation| operation.id).collect();
        let served: Vec<&str> = listed().iter().map(|route| route.operation).collect();
        assert_eq!(documented.iter().map(String::as_str).collect::<BTreeSet<_>>(), served.iter().copied().collect());
        assert_eq!((documented.len(), served.len()), (served.iter().collect::<BTreeSet<_>>().len(), documented.len()));
    }

    #[test]
    fn what_tells_of_the_books_names_its_roles() {
        for Route { operation, access, .. } in listed() {
            assert_eq!(access.roles.is_empty(), matches!(access.of, Of::Nobody | Of::Service), "{operation}");
        }
    }
}
