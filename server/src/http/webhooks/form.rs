//! Webhooks as they are asked for and told.

use crate::access::Caller;
use crate::http::problem::{Code, Problem};
use crate::shape::{Lines, amount, entry_text};
use crate::webhooks::{Attributes, Cell};
use schemas::money::Currency;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// The fields of a webhook as it is asked for.
const FIELDS: [&str; 7] = ["url", "merchant", "types", "view", "from", "monitor", "secret"];
/// Those of its monitor.
const MONITOR_FIELDS: [&str; 3] = ["figure", "currency", "below"];

/// A webhook as it is asked for.
// A client of Go makes a `Webhook` by a function `NewWebhook`, and one of TypeScript asks for it by a `WebhookRequest`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = WebhookForm)]
pub struct NewWebhook {
    /// Where to: https, at a public address.
    #[schema(example = "https://shop.example/hooks")]
    pub url: String,
    /// Of whom it tells; the caller's own merchant where that is one.
    #[schema(example = "M100001")]
    pub merchant: Option<String>,
    /// What about, at least one type; everything of the merchant, where it is absent.
    #[schema(example = json!(["payout.paid", "hold.placed"]))]
    pub types: Option<Vec<String>>,
    /// Whose lines of an entry it tells: `merchant`, or `bank`, which has the bank's costs, too. Absent: those that the caller sees.
    #[schema(pattern = "^(bank|merchant)$", example = "merchant")]
    pub view: Option<String>,
    /// The first entry that may be told; the next one, where it is absent.
    #[schema(example = "3:99120")]
    pub from: Option<String>,
    /// Which figure `balance.below` watches; `types`, where there are any, have it, too.
    pub monitor: Option<MonitorForm>,
    /// A secret of one's own, `whsec_` and base64; one is made where it is absent.
    pub secret: Option<String>,
}

impl NewWebhook {
    /// Reads one; what is wrong is told of the field where it is.
    pub fn read(bytes: &[u8]) -> Result<Self, Problem> {
        let no_webhook = |error: &dyn std::fmt::Display| Problem::parameter("body", format!("is no webhook: {error}"));
        if bytes.trim_ascii_start().first() != Some(&b'{') {
            return Err(no_webhook(&"it is a JSON object, such as {\"url\":\"https://shop.example/hooks\",\"merchant\":\"M1\"}"));
        }
        serde_json::from_slice(bytes).map_err(|error| {
            let fields = serde_json::from_slice::<Map<String, Value>>(bytes).ok();
            fields.and_then(|fields| Self::wrong(&fields)).unwrap_or_else(|| no_webhook(&error))
        })
    }

    /// The first field that is not what it should be.
    fn wrong(fields: &Map<String, Value>) -> Option<Problem> {
        if let Some(unknown) = fields.keys().find(|name| !FIELDS.contains(&name.as_str())) {
            return Some(Problem::no_such(unknown, "field", unknown, FIELDS));
        }
        let texts = ["url", "merchant", "view", "from", "secret"].into_iter().find_map(|name| wrong_text(name, fields.get(name), name == "url"));
        let types = || fields.get("types").filter(|types| serde_json::from_value::<Option<Vec<String>>>((*types).clone()).is_err());
        let monitor = || match fields.get("monitor") {
            None | Some(Value::Null) => None,
            Some(Value::Object(fields)) => wrong_monitor(fields),
            Some(other) => Some(Problem::not_expected("monitor", &other.to_string(), "an object with figure, currency and below")),
        };
        texts.or_else(|| types().map(|types| Problem::not_expected("types", &types.to_string(), "a list of texts"))).or_else(monitor)
    }
}

fn wrong_monitor(fields: &Map<String, Value>) -> Option<Problem> {
    match fields.keys().find(|name| !MONITOR_FIELDS.contains(&name.as_str())) {
        Some(unknown) => Some(Problem::no_such(&format!("monitor.{unknown}"), "field", unknown, MONITOR_FIELDS)),
        None => MONITOR_FIELDS.into_iter().find_map(|name| wrong_text(&format!("monitor.{name}"), fields.get(name), true)),
    }
}

fn wrong_text(name: &str, value: Option<&Value>, is_needed: bool) -> Option<Problem> {
    match value {
        None | Some(Value::Null) if is_needed => Some(Problem::parameter(name, "is needed")),
        None | Some(Value::Null | Value::String(_)) => None,
        Some(other) => Some(Problem::not_expected(name, &other.to_string(), "a text")),
    }
}

/// A figure of the balances, and the amount below which it is told.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Monitor)]
pub struct MonitorForm {
    /// Which figure.
    #[schema(example = "payable")]
    pub figure: String,
    /// ISO 4217.
    #[schema(example = "CNY")]
    pub currency: String,
    /// Below so much: it is told when an entry brings the figure from there or above it to less.
    #[schema(example = "100.00")]
    pub below: String,
}

/// Whose lines, as on the wire.
pub const fn view_text(lines: Lines) -> &'static str {
    match lines {
        Lines::Every => "bank",
        Lines::OfMerchant => "merchant",
    }
}

/// Whose lines a webhook is to tell: as it says, else those that the caller sees, who may not have more told.
pub fn view(asked: Option<&str>, caller: &Caller) -> Result<Lines, Problem> {
    let sees = caller.lines();
    let Some(text) = asked else { return Ok(sees) };
    let lines = [Lines::Every, Lines::OfMerchant].into_iter().find(|lines| view_text(*lines) == text);
    match (lines, sees) {
        (None, _) => Err(Problem::not_expected("view", text, "one of bank, merchant")),
        (Some(Lines::Every), Lines::OfMerchant) => {
            Err(Problem::new(Code::Forbidden, "view: the bank's lines are for a key with the role bank; this one may have the merchant's: \"merchant\""))
        }
        (Some(lines), _) => Ok(lines),
    }
}

/// Webhooks.
#[derive(Debug, Serialize, ToSchema)]
pub struct Webhooks {
    /// By their ids.
    pub rows: Vec<Webhook>,
    /// The `cursor` of the next page; `null` at the end.
    pub next: Option<String>,
}

/// A webhook.
#[derive(Debug, Serialize, ToSchema)]
pub struct Webhook {
    /// Its id.
    #[schema(example = "wh_5f0c1a2b3c4d5e6f70819203")]
    pub(super) id: String,
    /// Where to.
    url: String,
    /// Of whom it tells.
    merchant: String,
    /// What about; empty: everything.
    types: Vec<String>,
    /// Whose lines of an entry it tells: `bank` or `merchant`.
    #[schema(example = "merchant")]
    view: &'static str,
    /// Which figure it watches.
    monitor: Option<MonitorForm>,
    /// The first entry that it told of.
    #[schema(example = "3:99120")]
    from: String,
    /// The entry that it tells next.
    #[schema(example = "3:99120")]
    next: String,
    /// `on`, `waiting` where what is next cannot be told for more than 10 s, `retrying` while a delivery fails, `off` once one was tried for three days, or the receiver said that it is gone.
    #[schema(example = "on")]
    state: &'static str,
    /// Why it is off, or waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    /// When it was added.
    #[schema(example = "2026-11-23T10:15:00Z")]
    created: String,
    /// Who added it: the id of a key, or `jwt:` and a token's subject, as in the access log. It outlives them. `null` where no keys are
    /// configured, and where it was added before this was kept.
    #[schema(example = "suffrqq6")]
    added_by: Option<String>,
    /// What whoever added it is cut to by attributes: `partner`, `mcc`. What comes while the merchant's contract in force has another is passed
    /// over. Absent where nothing is cut away.
    #[serde(rename = "where", skip_serializing_if = "Option::is_none")]
    attributes: Option<CutForm>,
    /// How many messages were delivered.
    delivered: u64,
    /// What signs: told when it was made, and not again.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")]
    secret: Option<String>,
}

/// Attributes of merchants that a webhook is cut to.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WebhookWhere)]
pub struct CutForm {
    /// Who brought the merchant.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "isv-9")]
    partner: Option<String>,
    /// Its category code.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "5812")]
    mcc: Option<String>,
}

impl CutForm {
    fn of(attributes: &Attributes) -> Self {
        Self { partner: attributes.partner.as_ref().map(ToString::to_string), mcc: attributes.mcc.clone() }
    }
}

impl Webhook {
    /// Of a hook; with its secret where that is new.
    pub fn of(cell: &Cell, with_secret: bool) -> Self {
        let running = cell.lock();
        let (hook, progress) = (&running.hook, &running.progress);
        let state = running.state();
        let monitor = hook.monitor.as_ref().map(|monitor| {
            // It was a currency when the hook was made.
            let below = Currency::from_code(&monitor.currency).map_or_else(String::new, |currency| amount(monitor.below_minor, currency));
            MonitorForm { figure: monitor.figure.clone(), currency: monitor.currency.clone(), below }
        });
        Self {
            id: hook.id.clone(),
            url: hook.url.clone(),
            merchant: hook.merchant.clone(),
            types: hook.types.clone(),
            view: view_text(hook.lines()),
            monitor,
            from: entry_text(cell.partition, hook.from),
            next: entry_text(cell.partition, progress.next),
            state,
            detail: running.detail().map(str::to_owned),
            created: format!("{:.0}", hook.created),
            added_by: hook.added_by.clone(),
            attributes: (!hook.attributes.are_none()).then(|| CutForm::of(&hook.attributes)),
            delivered: progress.count,
            secret: with_secret.then(|| hook.secret.clone()),
        }
    }
}
