//! What is left of a request when its answer is there: a caller without a right, or with another content type, is answered before its
//! body was read.
//!
//! Another request can come over a connection only after that body. A small one is read and thrown away; of any other, the answer
//! says that the connection ends with it (`Connection: close`). Otherwise a client that keeps connections would send its next
//! request into one that is gone, and could not know whether it was taken.
//!
//! A body for which there is [no room](super::bodies) is read and thrown away in any case, as it takes no memory: whoever is in the
//! middle of sending it would find a connection that was closed on him, and not the answer that says so.

use super::body::BODY_BYTES_MAX;
use axum::body::{Body, Bytes, HttpBody};
use axum::extract::Request;
use axum::http::header::{CONNECTION, EXPECT};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use hyper::body::{Frame, SizeHint};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

/// The longest rest of a body that is read for nobody.
const REST_BYTES_MAX: u64 = 256 << 10;
/// The same of a body that found no room.
const REFUSED_BYTES_MAX: u64 = BODY_BYTES_MAX as u64;
/// How long its sender may take for it.
const REST_WAIT_MAX: Duration = Duration::from_secs(1);

/// What was not read of a body, once nobody reads it any more.
type Rest = Arc<Mutex<Option<Body>>>;

/// Reads what a request's answer left of it, or says that the connection ends.
pub async fn settle(request: Request, next: Next) -> Response {
    if request.body().is_end_stream() {
        return next.run(request).await;
    }
    // Who waits for leave to send the body has sent nothing, and need not.
    let is_asked_for = request.headers().contains_key(EXPECT);
    let rest = Rest::default();
    let mut response = next.run(request.map(|body| Body::new(Lent { body, is_whole: false, rest: Arc::clone(&rest) }))).await;
    let left = rest.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(left) = left {
        let bytes_max = if response.status() == StatusCode::SERVICE_UNAVAILABLE { REFUSED_BYTES_MAX } else { REST_BYTES_MAX };
        let is_read = !is_asked_for && response.status() != StatusCode::REQUEST_TIMEOUT && read(left, bytes_max).await;
        if !is_read {
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
    }
    response
}

/// Reads a body to its end. Whether that came within so many bytes, and in time.
async fn read(mut body: Body, bytes_max: u64) -> bool {
    if body.size_hint().lower() > bytes_max {
        return false;
    }
    let to_the_end = async {
        let mut length: u64 = 0;
        while let Some(frame) = std::future::poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
            let Ok(frame) = frame else { return false };
            length = length.saturating_add(frame.data_ref().map_or(0, Bytes::len) as u64);
            if length > bytes_max {
                return false;
            }
        }
        true
    };
    tokio::time::timeout(REST_WAIT_MAX, to_the_end).await.unwrap_or(false)
}

/// The body of a request, which comes back when it is dropped before its end.
struct Lent {
    body: Body,
    is_whole: bool,
    rest: Rest,
}

impl HttpBody for Lent {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(context);
        self.is_whole |= matches!(polled, Poll::Ready(None));
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        if !self.is_whole && !self.body.is_end_stream() {
            *self.rest.lock().unwrap_or_else(PoisonError::into_inner) = Some(std::mem::take(&mut self.body));
        }
    }
}
