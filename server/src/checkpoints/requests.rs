//! How object_store's requests are sent: by the HTTP client that the service has anyway, so that there is one stack of TLS.
//!
//! A request holds its thread. That is right here and nowhere else: checkpoints are written and opened by threads of their own.
//!
//! Bound: [`REQUEST_TIME_MAX`] a request, of which [`CONNECT_TIME_MAX`] until there is a connection; [`ANSWER_BYTES_MAX`] an answer.

use async_trait::async_trait;
use http_body_util::BodyExt;
use object_store::client::{HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpRequestBody, HttpResponse, HttpResponseBody, HttpService};
use object_store::{ClientConfigKey, ClientOptions};
use std::time::Duration;
use ureq::http::{HeaderMap, Request, Response, header};

/// The longest that one request may take.
const REQUEST_TIME_MAX: Duration = Duration::from_secs(30);
/// The longest until there is a connection.
const CONNECT_TIME_MAX: Duration = Duration::from_secs(5);
/// The most that is read of an answer: a part of an object, or a page of a list.
const ANSWER_BYTES_MAX: u64 = 64 << 20;

/// Makes clients.
#[derive(Clone, Copy, Debug)]
pub(super) struct Connector;

/// Sends requests, and keeps connections.
#[derive(Debug)]
struct Client(ureq::Agent);

impl Client {
    /// What is not encrypted is refused unless it is allowed: signatures and books would be read on the way.
    fn new(allow_http: bool) -> Self {
        let config = ureq::Agent::config_builder()
            .https_only(!allow_http)
            .http_status_as_error(false)
            .timeout_global(Some(REQUEST_TIME_MAX))
            .timeout_connect(Some(CONNECT_TIME_MAX))
            // An answer that sends elsewhere is object_store's to judge.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .build();
        Self(config.new_agent())
    }

    fn send(&self, request: Request<HttpRequestBody>, body: &[u8]) -> Result<Response<Vec<u8>>, ureq::Error> {
        let (mut parts, was) = request.into_parts();
        drop(was);
        // The client writes the length by itself.
        parts.headers.remove(header::CONTENT_LENGTH);
        let answer = if body.is_empty() && !matches!(parts.method.as_str(), "PUT" | "POST") {
            self.0.run(Request::from_parts(parts, ()))
        } else {
            self.0.run(Request::from_parts(parts, body))
        };
        let (parts, mut body) = answer?.into_parts();
        let bytes = body.with_config().limit(ANSWER_BYTES_MAX).read_to_vec()?;
        Ok(Response::from_parts(parts, bytes))
    }
}

impl HttpConnector for Connector {
    fn connect(&self, options: &ClientOptions) -> object_store::Result<HttpClient> {
        let allow_http = options.get_config_value(&ClientConfigKey::AllowHttp).is_some_and(|value| value == "true");
        Ok(HttpClient::new(Client::new(allow_http)))
    }
}

#[async_trait]
impl HttpService for Client {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let (parts, body) = request.into_parts();
        let body = body.collect().await?.to_bytes();
        let (parts, bytes) = self.send(Request::from_parts(parts, HttpRequestBody::empty()), &body).map_err(failed)?.into_parts();
        let mut response = Response::new(HttpResponseBody::from(bytes));
        *response.status_mut() = parts.status;
        *response.headers_mut() = HeaderMap::clone(&parts.headers);
        Ok(response)
    }
}

/// What object_store may try again: what did not come about, or broke off.
fn failed(error: ureq::Error) -> HttpError {
    let kind = match &error {
        ureq::Error::Timeout(_) => HttpErrorKind::Timeout,
        ureq::Error::ConnectionFailed | ureq::Error::HostNotFound => HttpErrorKind::Connect,
        ureq::Error::Io(_) => HttpErrorKind::Interrupted,
        _ => HttpErrorKind::Unknown,
    };
    HttpError::new(kind, error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    #[test]
    fn nothing_is_sent_unencrypted_unless_that_is_allowed() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        listener.set_nonblocking(true).expect("a socket");
        let address = format!("http://{}/bucket", listener.local_addr().expect("an address"));
        let request = Request::get(address).body(HttpRequestBody::empty()).expect("a request");
        let refused = Client::new(false).send(request, b"").expect_err("refused");
        assert!(matches!(refused, ureq::Error::RequireHttpsOnly(_)), "{refused}");
        assert!(listener.accept().is_err(), "no connection is made");
    }
}
