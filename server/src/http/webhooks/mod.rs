//! `/v1/webhooks`: calls to a merchant's own server when something happens to it.

pub mod deliveries;
mod form;

use super::Service;
use super::body;
use super::cursor;
use super::guard::has;
use super::parameters::{Parameters, merchant};
use super::problem::{Code, Problem, ProblemBody, shown};
use crate::access::{Caller, NO_SUBJECT};
use crate::shape::{Lines, parse_entry};
use crate::webhooks::{self, Attributes, BELOW, Cell, Error, Hook, Monitor, TYPES_MAX, kinds};
use axum::Json;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use form::{MonitorForm, NewWebhook, Webhook, Webhooks, view};
use jiff::Timestamp;
use projections::answers::Cursor;
use schemas::ids::MerchantId;
use schemas::money::{AMOUNT_MINOR_MAX, Currency, parse_scaled};
use std::sync::Arc;

/// The longest body that asks for a webhook.
pub const BODY_BYTES_MAX: usize = 64 << 10;
/// The longest URL.
const URL_BYTES_MAX: usize = 2048;
/// Who asks where no keys are configured, as the access log has it.
const NOBODY: &str = "-";

/// What a failure of the hooks is answered.
pub fn problem(error: Error) -> Problem {
    match error {
        Error::Unknown(what) => Problem::not_found(format!("there is no {what}")),
        Error::TooMany | Error::TooManyOfMerchant(_) | Error::TooManySecrets(_) => Problem::new(Code::TooManyRequests, error.to_string()),
        Error::Store(_) | Error::Views(_) => Problem::new(Code::Unavailable, error.to_string()),
    }
}

/// Reads the hooks of partitions that this node was just given, where there are such: what it knows of them is as old as its last look.
async fn know_given(service: &Service) -> Result<(), Problem> {
    if service.node.webhooks().knows_all() {
        return Ok(());
    }
    let node = service.node.clone();
    service.pools.hooks(move || node.webhooks().know_given().map_err(problem)).await
}

/// The hook of an id; one that is not the caller's is not there.
async fn find(service: &Service, caller: &Caller, id: &str) -> Result<Arc<Cell>, Problem> {
    let none = || problem(Error::Unknown(format!("webhook {}", shown(id))));
    know_given(service).await?;
    let cell = service.node.webhooks().find(id).map_err(|error| if matches!(error, Error::Unknown(_)) { none() } else { problem(error) })?;
    if is_of(service, caller, &cell).await { Ok(cell) } else { Err(none()) }
}

/// The same, also where the merchant has left what the caller is cut to since the caller added it: to be looked at and removed.
async fn find_own(service: &Service, caller: &Caller, id: &str) -> Result<Arc<Cell>, Problem> {
    know_given(service).await?;
    let own = service.node.webhooks().find(id).ok().filter(|cell| is_makers(caller, cell));
    match own {
        Some(cell) => Ok(cell),
        None => find(service, caller, id).await,
    }
}

/// Whether a caller added a hook, or has the same attributes as whoever did, as the next key of the same partner has.
fn is_makers(caller: &Caller, cell: &Cell) -> bool {
    let running = cell.lock();
    let hook = &running.hook;
    let has_added = *caller.who != *NO_SUBJECT && hook.added_by.as_deref() == Some(&*caller.who);
    let names_it = || MerchantId::new(&hook.merchant).is_some_and(|merchant| caller.cut.names(&merchant));
    let is_alike = || !hook.attributes.are_none() && hook.attributes == Attributes::of(&caller.cut);
    (!hook.is_of_bank() || caller.lines() == Lines::Every) && names_it() && (has_added || is_alike())
}

/// Whether a hook is the caller's: of a merchant that it has, and not one of the bank's, whose secret the bank has and who may have it
/// told what a merchant may not see.
async fn is_of(service: &Service, caller: &Caller, cell: &Cell) -> bool {
    let (merchant, is_of_bank) = {
        let running = cell.lock();
        (running.hook.merchant.clone(), running.hook.is_of_bank())
    };
    (!is_of_bank || caller.lines() == Lines::Every) && (caller.cut.is_everything() || has(service, caller, &merchant).await.is_ok())
}

/// Add a webhook
///
/// From now on, or from an entry on, each event of a merchant that is of one of the types is posted to the URL, by the Standard
/// Webhooks specification: the headers `webhook-id`, `webhook-timestamp` and `webhook-signature`, and a body with `type`, `timestamp`
/// and `data`, the entry: as the caller sees it, or, where `view` says so, as the merchant does. The secret is told here, and nowhere
/// else. Each is sent until it is answered with 2xx, in order, for three days; then the webhook is off. One that is added by a caller
/// who is cut to an attribute (`where`) passes over what comes while the contract in force of its merchant has another.
#[utoipa::path(
    post, path = "/v1/webhooks", tag = "webhooks", request_body(content = NewWebhook, content_type = "application/json"),
    responses(
        (status = 201, description = "It is added; `secret` is told once", body = Webhook),
        (status = 400, description = "Something in it is wrong", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The role does not reach so far, or not to this `view`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "There is no such merchant", body = ProblemBody, content_type = "application/problem+json"),
        (status = 408, description = "The body did not arrive in time", body = ProblemBody, content_type = "application/problem+json"),
        (status = 413, description = "The body is longer than 64 KiB", body = ProblemBody, content_type = "application/problem+json"),
        (status = 429, description = "There are as many as there may be: 10 000, and of one merchant 100 that keys without the role bank added; `detail` says what to do", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "It cannot be kept now", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn add_webhook(State(service): State<Service>, parameters: Parameters, request: Request) -> Result<(StatusCode, Json<Webhook>), Problem> {
    parameters.only(&[])?;
    let caller = parameters.caller().clone();
    let (bytes, _room) = body::read(&service, request.into_body(), BODY_BYTES_MAX).await?;
    let asked = NewWebhook::read(&bytes)?;
    let id = merchant_of(&asked, &caller)?;
    if !caller.cut.is_everything() {
        has(&service, &caller, id.as_str()).await?;
    }
    let pools = Arc::clone(&service.pools);
    let cell = pools
        .hooks(move || {
            let webhooks = service.node.webhooks();
            webhooks.check_url(&asked.url).map_err(|why| wrong_url(&asked.url, &why))?;
            let place = service.node.home(id.as_str())?;
            place.answer(|shard| projections::answers::balances(shard, &id, projections::answers::AsOf::Now).map(drop)).map_err(|error| match error {
                crate::node::Error::Answer { error: projections::answers::Error::NotFound, .. } => Problem::no_merchant(&id, caller.roles),
                error => error.into(),
            })?;
            // From what is read here: views that nobody can read yet have no next entry.
            let next = place.here()?.read(|shard| Ok::<_, crate::node::Error>(shard.checkpoint().next_entry))?;
            let hook = hook(asked, &id, &caller, place.partition(), next)?;
            webhooks.add(place.partition(), hook).map_err(problem)
        })
        .await?;
    let told = Webhook::of(&cell, true);
    Ok((StatusCode::CREATED, Json(told)))
}

/// Of whom a hook is to tell that is asked for, as far as that can be read.
pub fn merchant_named(bytes: &[u8], caller: &Caller) -> Option<MerchantId> {
    merchant_of(&serde_json::from_slice(bytes).ok()?, caller).ok()
}

/// Of whom it tells: as it says, else the one merchant that the caller has.
fn merchant_of(asked: &NewWebhook, caller: &Caller) -> Result<MerchantId, Problem> {
    match (&asked.merchant, &caller.cut.merchants) {
        (Some(id), _) => merchant(id),
        (None, Some(own)) if own.len() == 1 => own.iter().next().cloned().ok_or_else(|| Problem::parameter("merchant", "is needed")),
        (None, _) => Err(Problem::parameter("merchant", "is needed: of whom it tells")),
    }
}

/// What is wrong with a URL. One that has a user is not repeated: a password stands beside it, and a refusal is logged by whoever gets it.
fn wrong_url(url: &str, why: &str) -> Problem {
    let detail = if url.contains('@') { why.to_owned() } else { format!("{:?}: {why}", shown(url)) };
    Problem::parameter("url", detail)
}

/// What a hook is to tell: each type once, in the order in which they were asked for; empty where none were named: everything.
fn types_of(asked: Option<Vec<String>>) -> Result<Vec<String>, Problem> {
    let Some(asked) = asked else { return Ok(Vec::new()) };
    if asked.is_empty() {
        return Err(Problem::parameter("types", "is empty: name what it is to tell, or leave it out for everything"));
    }
    if asked.len() > TYPES_MAX {
        return Err(Problem::parameter("types", format!("has more than {TYPES_MAX}")));
    }
    let known = kinds();
    if let Some(unknown) = asked.iter().find(|kind| !known.contains(kind)) {
        return Err(Problem::not_expected("types", unknown, &format!("some of {}", known.join(", "))));
    }
    let mut types: Vec<String> = Vec::with_capacity(asked.len());
    for kind in asked {
        if !types.contains(&kind) {
            types.push(kind);
        }
    }
    Ok(types)
}

/// A hook as it was asked for, checked.
fn hook(asked: NewWebhook, merchant: &MerchantId, caller: &Caller, partition: u32, next: u64) -> Result<Hook, Problem> {
    if asked.url.len() > URL_BYTES_MAX {
        return Err(Problem::parameter("url", format!("is longer than {URL_BYTES_MAX} bytes")));
    }
    let lines = view(asked.view.as_deref(), caller)?;
    let types = types_of(asked.types)?;
    let from = match asked.from.as_deref() {
        None => next,
        Some(text) => match parse_entry(text) {
            Some((of, number)) if of == partition && number <= next => number,
            Some((of, _)) if of == partition => {
                return Err(Problem::parameter("from", format!("{} is not there yet: the next entry is {partition}:{next}", shown(text))));
            }
            _ => {
                return Err(Problem::not_expected("from", text, &format!("an entry of partition {partition}, where the merchant lies, such as {partition}:0")));
            }
        },
    };
    let monitor = asked.monitor.map(monitor).transpose()?;
    if monitor.is_none() && types.iter().any(|kind| kind == BELOW) {
        return Err(Problem::parameter("monitor", "is needed with balance.below: which figure, and below how much"));
    }
    if monitor.is_some() && !types.is_empty() && !types.iter().any(|kind| kind == BELOW) {
        return Err(Problem::parameter("monitor", "is told as balance.below, which types does not have: name it there, too, or leave types out"));
    }
    let failed = |error: getrandom::Error| Problem::internal(&error);
    let secret = match asked.secret {
        Some(secret) if webhooks::is_secret(&secret) => secret,
        Some(_) => return Err(Problem::parameter("secret", "is not whsec_ and the base64 of 24 to 64 bytes")),
        None => webhooks::new_secret().map_err(failed)?,
    };
    let mut bytes = [0; 12];
    getrandom::fill(&mut bytes).map_err(failed)?;
    let id = format!("wh_{}", bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>());
    Ok(Hook {
        id,
        url: asked.url,
        merchant: merchant.to_string(),
        types,
        monitor,
        every_line: lines == Lines::Every,
        from,
        created: Timestamp::now(),
        secret,
        old_secret: None,
        older_secrets: Vec::new(),
        added_by: (*caller.who != *NOBODY).then(|| caller.who.to_string()),
        added_by_bank: caller.lines() == Lines::Every,
        attributes: Attributes::of(&caller.cut),
    })
}

fn monitor(form: MonitorForm) -> Result<Monitor, Problem> {
    let figures = crate::streams::wallet::FIGURES;
    if !figures.contains(&form.figure.as_str()) {
        return Err(Problem::not_expected("monitor.figure", &form.figure, &format!("one of {}", figures.join(", "))));
    }
    let currency = Currency::from_code(&form.currency).ok_or_else(|| Problem::not_expected("monitor.currency", &form.currency, "a currency of ISO 4217"))?;
    let minor = parse_scaled(&form.below, currency.exponent(), AMOUNT_MINOR_MAX);
    let minor = minor.map_err(|_| Problem::not_expected("monitor.below", &form.below, "a decimal string such as \"100.00\""))?;
    Ok(Monitor { figure: form.figure, currency: form.currency, below_minor: i128::from(minor) })
}

/// Webhooks
///
/// Those of the caller's merchants by their ids, without their secrets; and those that the caller added, also where their merchant has left
/// what the caller is cut to, which it may remove.
#[utoipa::path(
    get, path = "/v1/webhooks", tag = "webhooks",
    params(
        ("merchant" = Option<String>, Query, description = "Of this merchant alone", example = "M100001"),
        ("limit" = Option<u64>, Query, description = "At most so many", minimum = 1, maximum = 1000),
        ("cursor" = Option<String>, Query, description = "`next` of the page before", max_length = 4096),
    ),
    responses(
        (status = 200, description = "The webhooks", body = Webhooks),
        (status = 400, description = "A parameter is not what is expected", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "They are not read yet", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn webhooks(State(service): State<Service>, parameters: Parameters) -> Result<Json<Webhooks>, Problem> {
    parameters.only(&[&["merchant", "limit", "cursor"]])?;
    let asked = parameters.text("merchant").map(merchant).transpose()?;
    let scope = format!("webhooks {}", asked.as_ref().map_or("", MerchantId::as_str));
    let bad_cursor = |_| Problem::new(Code::BadCursor, "the cursor is not one of this list; begin without one");
    let after: Option<String> = cursor::read(&parameters, &scope)?.map(|at| at.key()).transpose().map_err(bad_cursor)?;
    let limit = parameters.limit()?;
    let found = service.node.webhooks().list(asked.as_ref().map(MerchantId::as_str), after.as_deref()).map_err(problem)?;
    let mut rows: Vec<Webhook> = Vec::new();
    for cell in found {
        if !is_makers(parameters.caller(), &cell) && !is_of(&service, parameters.caller(), &cell).await {
            continue;
        }
        if rows.len() >= limit {
            let next = rows.last().map(|last| cursor::write(&scope, &Cursor::at(&last.id)));
            return Ok(Json(Webhooks { rows, next }));
        }
        rows.push(Webhook::of(&cell, false));
    }
    Ok(Json(Webhooks { rows, next: None }))
}

/// A webhook
///
/// Where it sends to, of what, and how far it is. Its secrets are told once, to whoever made it.
#[utoipa::path(
    get, path = "/v1/webhooks/{id}", tag = "webhooks", params(("id" = String, Path, description = "The webhook", example = "wh_5f0c1a2b3c4d5e6f70819203")),
    responses(
        (status = 200, description = "The webhook", body = Webhook),
        (status = 404, description = "There is none", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn webhook(State(service): State<Service>, Path(id): Path<String>, parameters: Parameters) -> Result<Json<Webhook>, Problem> {
    parameters.only(&[])?;
    Ok(Json(Webhook::of(&*find_own(&service, parameters.caller(), &id).await?, false)))
}

/// Remove a webhook
///
/// Nothing is sent from then on, also what waited.
#[utoipa::path(
    delete, path = "/v1/webhooks/{id}", tag = "webhooks", params(("id" = String, Path, description = "The webhook", example = "wh_5f0c1a2b3c4d5e6f70819203")),
    responses(
        (status = 204, description = "It is removed"),
        (status = 404, description = "There is none", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "That cannot be kept now", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn remove_webhook(State(service): State<Service>, Path(id): Path<String>, parameters: Parameters) -> Result<StatusCode, Problem> {
    parameters.only(&[])?;
    find_own(&service, parameters.caller(), &id).await?;
    let pools = Arc::clone(&service.pools);
    pools.hooks(move || service.node.webhooks().remove(&id).map_err(problem)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Another secret
///
/// A new secret signs from now on. Each one before it signs beside it for 24 hours after it was replaced, so that the receiver can change
/// over: the header has a signature by each, with blanks between. At most four sign; another one is refused until there is room.
#[utoipa::path(
    post, path = "/v1/webhooks/{id}/secret", tag = "webhooks", params(("id" = String, Path, description = "The webhook", example = "wh_5f0c1a2b3c4d5e6f70819203")),
    responses(
        (status = 200, description = "The webhook; `secret` is told once", body = Webhook),
        (status = 404, description = "There is none", body = ProblemBody, content_type = "application/problem+json"),
        (status = 429, description = "Four secrets sign; `detail` says when there is room", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "It cannot be kept now", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn rotate_secret(State(service): State<Service>, Path(id): Path<String>, parameters: Parameters) -> Result<Json<Webhook>, Problem> {
    parameters.only(&[])?;
    find(&service, parameters.caller(), &id).await?;
    let secret = webhooks::new_secret().map_err(|error| Problem::internal(&error))?;
    let pools = Arc::clone(&service.pools);
    let cell = pools.hooks(move || service.node.webhooks().rotate(&id, secret).map_err(problem)).await?;
    Ok(Json(Webhook::of(&cell, true)))
}
