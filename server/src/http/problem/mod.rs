//! Errors as RFC 9457 problem documents, with codes that never change (`code`), also where no handler was reached (`unrouted`). What they
//! repeat of a request is bounded (`shown`).

mod code;
mod shown;
mod unrouted;

pub use code::Code;
pub use shown::shown;
pub use unrouted::{no_method, no_route, of_foreign, panicked};

use super::codes;
use crate::access::{Role, Roles};
use crate::node;
use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use ledger::{disk, journal, log};
use projections::{answers, views};
use schemas::error::{QuarantineCode, Unreadable};
use schemas::ids::MerchantId;
use schemas::nearest::nearest;
use serde::Serialize;
use utoipa::ToSchema;

/// When whoever asked too much may ask again: whatever was too much, a second later there is room, or another second.
pub const RETRY_AFTER_SECONDS: u32 = 1;
/// The same where views are behind, or fold a projection anew.
const RETRY_AFTER_VIEWS_SECONDS: u32 = 10;

/// The reason of what the views cannot answer yet: they are behind, or fold a projection anew.
const VIEWS_BEHIND: &str = "views_behind";
/// The reason of what found no thread free, or no room for its body.
pub const BUSY: &str = "busy";

/// An answer that says why there is none.
#[derive(Clone, Debug)]
pub struct Problem {
    status: StatusCode,
    body: ProblemBody,
}

/// A problem document (RFC 9457).
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemBody {
    /// Always `about:blank`: the code tells problems apart.
    #[serde(rename = "type")]
    #[schema(example = "about:blank")]
    kind: &'static str,
    /// The code, for people.
    #[schema(example = "Bad parameter")]
    title: String,
    /// The status of the answer.
    #[schema(example = 400)]
    status: u16,
    /// The stable code.
    #[schema(example = "bad_parameter")]
    code: &'static str,
    /// What is wrong with this request, for people.
    #[schema(example = "group_by: no key \"brand\"")]
    detail: String,
    /// The parameter that is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "group_by")]
    parameter: Option<String>,
    /// The partition that does not answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    partition: Option<u32>,
    /// Its code, as in `/readyz`; `busy` where this node has as many questions as it answers at a time.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "log_truncated")]
    reason: Option<&'static str>,
    /// Where the code is explained, with the way out.
    #[schema(example = "/docs/codes#bad_parameter")]
    help: String,
}

impl ProblemBody {
    /// The status that it is answered with.
    pub fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

impl Problem {
    /// A problem of this code.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        let status = code.status();
        let body = ProblemBody {
            kind: "about:blank",
            title: code.title().to_owned(),
            status: status.as_u16(),
            code: code.as_str(),
            detail: shown::bounded(detail.into()),
            parameter: None,
            partition: None,
            reason: None,
            help: codes::help(code.as_str()),
        };
        Self { status, body }
    }

    /// A name that is none of those that there are, with the one that may have been meant.
    pub fn no_such<'a>(parameter: &str, what: &str, name: &str, known: impl IntoIterator<Item = &'a str>) -> Self {
        let known: Vec<&str> = known.into_iter().collect();
        let there_are = match known.as_slice() {
            [] => "none is taken here".to_owned(),
            [one] => format!("there is {one}"),
            several => format!("there are {}", several.join(", ")),
        };
        let meant = nearest(name, known.iter().copied()).map_or_else(String::new, |meant| format!("did you mean {meant}? "));
        Self::parameter(parameter, format!("no {what} {:?}; {meant}{there_are}", shown(name)))
    }

    /// A parameter that cannot be what it is. Its name may be the caller's.
    pub fn parameter(name: &str, detail: impl std::fmt::Display) -> Self {
        let name = shown(name);
        let mut problem = Self::new(Code::BadParameter, format!("{name}: {detail}"));
        problem.body.parameter = Some(name);
        problem
    }

    /// A value that is not what is expected; where that is one of a few words (`one of open, closed`), with the one that may have
    /// been meant.
    pub fn not_expected(parameter: &str, value: &str, expected: &str) -> Self {
        let words = expected.strip_prefix("one of ").into_iter().flat_map(|list| list.split([',', ';']).map(str::trim));
        let meant = nearest(value, words).map_or_else(String::new, |meant| format!("; did you mean {meant}?"));
        Self::parameter(parameter, format!("{:?} is not {expected}{meant}", shown(value)))
    }

    /// Something that is not there.
    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new(Code::NotFound, detail)
    }

    /// A merchant that is not there, or not for whoever asks: nothing tells which. Where to look is told to those who may.
    pub fn no_merchant(merchant: &MerchantId, roles: Roles) -> Self {
        let way_out = if roles.has(Role::Bank) { "; /v1/merchants?q= lists those whose id begins so, or whose name has it" } else { "" };
        Self::not_found(format!("there is no merchant {merchant} here{way_out}"))
    }

    /// An event that cannot be read: the code that would have quarantined it.
    pub fn unreadable(error: &Unreadable) -> Self {
        Self::quarantine(error.code, &error.detail)
    }

    fn quarantine(code: QuarantineCode, detail: &str) -> Self {
        Self::set_aside(code.as_str(), detail)
    }

    /// An event that a business rule refused, under the rule's code.
    pub fn refused(code: &'static str, detail: &str) -> Self {
        Self::coded(StatusCode::CONFLICT, code, detail)
    }

    /// An event that was quarantined after it was appended, under its code.
    pub fn set_aside(code: &'static str, detail: &str) -> Self {
        Self::coded(StatusCode::UNPROCESSABLE_ENTITY, code, detail)
    }

    /// A problem with a code of the ledger, whose title is made of it.
    fn coded(status: StatusCode, code: &'static str, detail: &str) -> Self {
        let mut title = code.replace('_', " ");
        if let Some(first) = title.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        let detail = detail.to_owned();
        let help = codes::help(code);
        let body = ProblemBody { kind: "about:blank", title, status: status.as_u16(), code, detail, parameter: None, partition: None, reason: None, help };
        Self { status, body }
    }

    /// The document alone.
    pub fn into_body(self) -> ProblemBody {
        self.body
    }

    /// An answer of the status and type of problems.
    pub fn answer(status: StatusCode, body: &impl Serialize) -> Response {
        let mut response = (status, Json(body)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if status == StatusCode::TOO_MANY_REQUESTS {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(RETRY_AFTER_SECONDS));
        }
        response
    }

    /// The same problem, of a partition.
    pub fn of_partition(mut self, partition: u32) -> Self {
        self.body.partition = Some(partition);
        self
    }

    /// The same problem, with the code of `/readyz` that says why.
    pub const fn because(mut self, reason: Option<&'static str>) -> Self {
        self.body.reason = reason;
        self
    }

    /// No thread was free for it, which passes by itself.
    pub fn busy() -> Self {
        Self::new(Code::Unavailable, "this node has as many such questions as it answers at a time; ask again").because(Some(BUSY))
    }

    /// A failure of ours. What it was is logged, not told.
    pub fn internal(error: &dyn std::fmt::Display) -> Self {
        tracing::error!(%error, "a request failed");
        Self::new(Code::Internal, "the server failed; its log says why")
    }

    /// Rows that the disk does not give, or not as they were written. What it was is logged; `/readyz` tells those who mend it.
    fn unread(error: &dyn std::fmt::Display, partition: Option<u32>, reason: log::Code) -> Self {
        let reason = reason.as_str();
        tracing::error!(%error, code = reason, "a request met rows that cannot be read");
        let rows = partition.map_or_else(|| "rows".to_owned(), |partition| format!("rows of partition {partition}"));
        let mut problem = Self::new(Code::Unavailable, format!("{rows} cannot be read: {reason}. /readyz says what is in the way"));
        problem.body.partition = partition;
        problem.because(Some(reason))
    }

    /// The stable code.
    pub fn code(&self) -> &'static str {
        self.body.code
    }

    /// The body, as text.
    pub fn body_text(&self) -> String {
        serde_json::to_string(&self.body).unwrap_or_default()
    }
}

impl From<node::Error> for Problem {
    fn from(error: node::Error) -> Self {
        match &error {
            node::Error::NoLog => Self::new(Code::Unavailable, error.to_string()),
            node::Error::NotCaughtUp { partition, .. } => Self::new(Code::NotCaughtUp, error.to_string()).of_partition(*partition),
            node::Error::Unavailable { partition, code, .. } => Self::new(Code::Unavailable, error.to_string()).of_partition(*partition).because(*code),
            node::Error::Log(log) => {
                tracing::warn!(code = log.code.as_str(), detail = log.detail, "the log does not answer");
                Self::new(Code::Unavailable, error.to_string()).because(Some(log.code.as_str()))
            }
            node::Error::Answer { partition, error: answer } => match answer {
                answers::Error::NotCaughtUp { .. } => Self::new(Code::NotCaughtUp, error.to_string()).of_partition(*partition),
                answers::Error::NotClosed { .. } => Self::new(Code::NotClosed, answer.to_string()),
                answers::Error::NotFound => Self::not_found(answer.to_string()),
                answers::Error::BadCursor => Self::new(Code::BadCursor, "the cursor is not one of this list; begin without one"),
                answers::Error::TooManyRows(_) => Self::new(Code::TooManyRows, answer.to_string()),
                // Whoever asked has gone, so nobody reads this.
                answers::Error::Views(views::Error::Stopped) => Self::new(Code::Unavailable, "the client has gone"),
                answers::Error::Views(views::Error::NotReady(_)) => {
                    Self::new(Code::Unavailable, error.to_string()).of_partition(*partition).because(Some(VIEWS_BEHIND))
                }
                answers::Error::Views(views::Error::Elsewhere(_)) => Self::new(Code::Unavailable, error.to_string()).of_partition(*partition),
                answers::Error::Views(views) => of_views(views).map_or_else(|| Self::internal(&error), |code| Self::unread(&error, Some(*partition), code)),
            },
            node::Error::Views(views::Error::NotReady(_)) => Self::new(Code::Unavailable, error.to_string()).because(Some(VIEWS_BEHIND)),
            node::Error::Views(views::Error::Busy(_) | views::Error::Stopped | views::Error::Elsewhere(_)) => Self::new(Code::Unavailable, error.to_string()),
            node::Error::Views(views) => of_views(views).map_or_else(|| Self::internal(&error), |code| Self::unread(&error, None, code)),
            node::Error::Journal(journal::Error::OutOfOrder(_)) | node::Error::Failed(_) => Self::internal(&error),
            node::Error::Journal(journal) => Self::unread(&error, None, journal.code()),
            node::Error::State(state) => Self::unread(&error, None, disk::code_of_words(&state.to_string()).unwrap_or(log::Code::Corrupt)),
        }
    }
}

/// The code of views that the disk does not give, or not as they were written, as `/readyz` has it; nothing of all else.
fn of_views(error: &views::Error) -> Option<log::Code> {
    match error {
        views::Error::Corrupt(_) | views::Error::Format { .. } | views::Error::Foreign(_) | views::Error::Disk(..) | views::Error::Entries(_) => {
            Some(error.code())
        }
        views::Error::NotReady(_)
        | views::Error::Unknown(_)
        | views::Error::Busy(_)
        | views::Error::Elsewhere(_)
        | views::Error::Stopped
        | views::Error::Fold { .. } => None,
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let seconds = match self.body.reason {
            Some(BUSY) => Some(RETRY_AFTER_SECONDS),
            Some(VIEWS_BEHIND) => Some(RETRY_AFTER_VIEWS_SECONDS),
            Some(_) | None => None,
        };
        let mut response = Self::answer(self.status, &self.body);
        if let Some(seconds) = seconds {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
