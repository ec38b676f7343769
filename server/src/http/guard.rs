//! What each request is judged by, in one place and one order: who asks, how much, of whom, in which role. Only what passes
//! reaches a handler; parameters, positions and what is not there are the handler's own affair.
//!
//! | in this order | answered |
//! |---|---|
//! | a web page asks a server without keys | 403 `forbidden` |
//! | nobody knows who asks | 401 `unauthenticated` |
//! | it asks too often | 429 `too_many_requests` |
//! | a merchant that the caller does not have | 404 `not_found`, as one that is not there |
//! | a role that does not reach so far | 403 `forbidden` |
//! | what has no attribute, the house's included, where the caller is cut to one | 403 `forbidden` |
//! | an expensive question too many | 429 `too_many_requests` |
//!
//! A route says with its [`Access`] who may call it, whose rows it tells, and what it costs; see [`super::routes`].

use super::Service;
use super::access_log::{Rows, Who};
use super::forward;
use super::problem::{Code, Problem};
use super::web_page;
use crate::access::{Caller, Refused, Role};
use crate::node::HOUSE_KEY;
use axum::extract::{FromRequestParts, MatchedPath, Query, RawPathParams, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::sync::Arc;

/// Whose rows a route tells, and so what a caller that is cut to merchants or to an attribute gets of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Of {
    /// Nobody's: nothing of the books.
    Nobody,
    /// The service's own figures, which are open unless `metrics_key` says otherwise.
    Service,
    /// The merchant's that its path names.
    Merchant,
    /// Many merchants': its handler tells those alone that the caller is cut to, by merchant or attribute.
    Merchants,
    /// Many merchants', and what lies beside them knows no attribute: its handler tells those of the caller's merchants.
    Parties,
    /// The ledger's as a whole, which is of no merchant and has no attribute.
    Ledger,
}

/// What media types of files have in their names.
const FILES: [&str; 3] = ["csv", "parquet", "xml"];

/// What a question costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cost {
    /// A few rows of one merchant, or of none.
    Small,
    /// It reads many merchants: bounded in number, on threads of its own.
    Expensive,
    /// A page of one merchant is small, all of a list in one file is expensive.
    ByForm,
}

/// Who may call a route, whose rows it tells, and what it costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Access {
    /// Any of these roles; none where it is open to everybody.
    pub roles: &'static [Role],
    /// Whose rows it tells.
    pub of: Of,
    /// What it costs.
    pub cost: Cost,
}

impl Access {
    /// Open to everybody: it tells nothing of the books.
    pub const OPEN: Self = Self { roles: &[], of: Of::Nobody, cost: Cost::Small };

    /// For whoever has one of these roles.
    pub const fn to(roles: &'static [Role], of: Of) -> Self {
        Self { roles, of, cost: Cost::Small }
    }

    /// The same, of a list whose file may be the whole of it.
    pub const fn by_form(self) -> Self {
        Self { cost: Cost::ByForm, ..self }
    }

    /// Whether the configuration asks for a key where the route itself does not.
    fn needs_key(self, service: &Service) -> bool {
        self.of == Of::Service && service.node.config().metrics_key
    }

    /// The same, reading many merchants.
    pub const fn expensive(self) -> Self {
        Self { cost: Cost::Expensive, ..self }
    }
}

/// Says who asks, before any route is looked at: handlers find the [`Caller`] among the extensions of their request. Whether a
/// route needs one is its own affair, so what is not known of a caller is said there.
pub async fn identify(State(service): State<Service>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let handed_on = forward::caller(&service, &parts);
    if handed_on.is_none()
        && service.gate.is_open()
        && let Err(problem) = web_page::refuse(&parts)
    {
        return problem.into_response();
    }
    let mut authorizations = parts.headers.get_all(header::AUTHORIZATION).iter();
    // Two of them are none: whoever is in between may have meant the other one.
    let authorization = authorizations.next().filter(|_| authorizations.next().is_none()).and_then(|value| value.to_str().ok());
    let judged = match handed_on {
        None => service.gate.judge(authorization).await,
        // It was judged by the node that it came to.
        Some(Ok(caller)) => {
            parts.extensions.insert(Hopped);
            Ok(caller)
        }
        Some(Err(problem)) => return problem.into_response(),
    };
    if let Ok(caller) = &judged {
        parts.extensions.insert(caller.clone());
    }
    let is_known = parts.extensions.get::<MatchedPath>().is_some();
    let is_open = |path: &str| path == "/" || path.starts_with("/docs") || path == "/openapi.json";
    let who = judged.as_ref().ok().map(|caller| Who(Arc::clone(&caller.who)));
    let mut response = match judged {
        // Where there is nothing, nobody learns that who is not known; what is open says so itself.
        Err(refused) if !is_known && !is_open(parts.uri.path()) => problem_of(refused).into_response(),
        judged => {
            parts.extensions.insert(Judged(judged));
            next.run(Request::from_parts(parts, body)).await
        }
    };
    if let Some(who) = who {
        response.extensions_mut().insert(who);
    }
    response
}

/// A request that another node handed on: it is handed on to nobody.
#[derive(Clone, Copy, Debug)]
pub struct Hopped;

/// What became of [`identify`].
#[derive(Clone)]
struct Judged(Result<Caller, Refused>);

/// Why nobody is let in who sent a request, if that is so.
pub fn refused(request: &Request) -> Option<Problem> {
    request.extensions().get::<Judged>().and_then(|Judged(judged)| judged.clone().err()).map(problem_of)
}

fn problem_of(refused: Refused) -> Problem {
    match refused {
        Refused::Unauthenticated(why) => Problem::new(Code::Unauthenticated, why),
        Refused::TooMany => Problem::new(Code::TooManyRequests, "this key asks more often than it may; ask again in a second"),
    }
}

/// Judges a request by the access of its route, and answers it within its turn.
pub async fn judge(State((service, access)): State<(Service, Access)>, request: Request, next: Next) -> Response {
    let caller = match request.extensions().get::<Judged>() {
        None => return Problem::internal(&"a route was reached without a caller").into_response(),
        Some(Judged(Ok(caller))) => caller.clone(),
        // It tells nothing of the books, whoever asks.
        Some(Judged(Err(_))) if access.roles.is_empty() && !access.needs_key(&service) => return service.pools.small().answer(next.run(request)).await,
        Some(Judged(Err(refused))) => return problem_of(refused.clone()).into_response(),
    };
    let request = match may(&service, &caller, access, request).await {
        Ok(request) => request,
        Err(problem) => return problem.into_response(),
    };
    let request = match forward::elsewhere(&service, &caller, request).await {
        Ok(request) => request,
        Err(answered) => return answered,
    };
    let is_expensive = match access.cost {
        Cost::Small => false,
        Cost::Expensive => true,
        Cost::ByForm => asks_for_all(&request),
    };
    let question = if is_expensive {
        let Some(question) = service.pools.expensive(&caller.who) else {
            let at_most = service.node.config().limits.expensive;
            let detail = format!("{at_most} expensive questions are being answered, as many as there may be at once; ask again when one is answered");
            return Problem::new(Code::TooManyRequests, detail).into_response();
        };
        question
    } else {
        service.pools.small()
    };
    let told = question.told();
    let mut response = question.answer(next.run(request)).await;
    if let Some(rows) = told.rows() {
        response.extensions_mut().insert(Rows(rows));
    }
    response
}

/// Whether a request is for a list in one file, and not for a page of it.
fn asks_for_all(request: &Request) -> bool {
    let pairs = Query::<Vec<(String, String)>>::try_from_uri(request.uri()).map(|Query(pairs)| pairs).unwrap_or_default();
    let is_page = pairs.iter().any(|(name, _)| name == "limit" || name == "cursor");
    let format = pairs.iter().find(|(name, _)| name == "format").map(|(_, form)| form != "json");
    let accepts = |media: &HeaderValue| media.to_str().is_ok_and(|text| FILES.iter().any(|file| text.contains(file)));
    !is_page && format.unwrap_or_else(|| request.headers().get_all(header::ACCEPT).iter().any(accepts))
}

/// Whether a caller may ask this: first whether it has the merchant that is named, then its role.
async fn may(service: &Service, caller: &Caller, access: Access, request: Request) -> Result<Request, Problem> {
    let (mut parts, body) = request.into_parts();
    if !caller.cut.is_everything() {
        for merchant in named(&mut parts, access).await {
            has(service, caller, &merchant).await?;
        }
    }
    let is_metrics = access.roles.is_empty();
    if !is_metrics && !caller.roles.has_any(access.roles) {
        let roles = access.roles.iter().map(|role| role.as_str()).collect::<Vec<_>>().join(" or ");
        return Err(Problem::new(Code::Forbidden, format!("this needs the role {roles}")));
    }
    if caller.cut.has_attributes() && matches!(access.of, Of::Parties | Of::Ledger) {
        return Err(no_attribute());
    }
    Ok(Request::from_parts(parts, body))
}

fn no_attribute() -> Problem {
    Problem::new(Code::Forbidden, "this has no attribute to cut it by, and the caller is cut to one")
}

/// The merchants that a request names: in its path, and as a parameter.
async fn named(parts: &mut Parts, access: Access) -> Vec<String> {
    let mut named = Vec::new();
    if access.of == Of::Merchant
        && let Ok(path) = RawPathParams::from_request_parts(parts, &()).await
    {
        named.extend(path.iter().filter(|(name, _)| *name == "merchant").map(|(_, value)| value.to_owned()));
    }
    if let Ok(Query(pairs)) = Query::<Vec<(String, String)>>::try_from_uri(&parts.uri) {
        named.extend(pairs.into_iter().filter(|(name, _)| name == "merchant").map(|(_, value)| value));
    }
    named
}

/// Whether a caller has a merchant, which it named. One that it does not have is answered as one that is not there; nothing is
/// read of it where the caller is cut to merchants, so that it takes no more time either. The house is no merchant, and has no attribute.
pub async fn has(service: &Service, caller: &Caller, merchant: &str) -> Result<(), Problem> {
    if merchant == HOUSE_KEY && caller.cut.merchants.is_none() && caller.cut.has_attributes() {
        return Err(no_attribute());
    }
    let id = super::parameters::merchant(merchant)?;
    let has = if caller.cut.has_attributes() && caller.cut.names(&id) {
        let (node, cut, id) = (service.node.clone(), caller.cut.clone(), id.clone());
        super::read::blocking(move || Ok(node.home(id.as_str())?.answer(|shard| cut.has(shard, &id))?)).await?
    } else {
        caller.cut.names(&id)
    };
    if has { Ok(()) } else { Err(Problem::no_merchant(&id, caller.roles)) }
}
