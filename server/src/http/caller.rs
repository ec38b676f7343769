//! Who asks. This version has no authentication and listens on this machine only, so every caller may do everything;
//! the one place where a token will be looked at is here.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;

/// Who asks, and so what may be seen and done; handlers find it among the extensions of their request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Caller {
    /// Everything.
    Everything,
}

/// Says who asks, before any handler sees the request.
pub async fn identify(mut request: Request, next: Next) -> Response {
    request.extensions_mut().insert(Caller::Everything);
    next.run(request).await
}
