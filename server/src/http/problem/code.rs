//! The stable codes of problems, each with its status and title.

use axum::http::StatusCode;

macro_rules! codes {
    ($($name:ident $status:ident $text:literal $title:literal;)*) => {
        /// The stable code of a problem.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[allow(missing_docs, reason = "each has its title")]
        pub enum Code { $($name),* }

        impl Code {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// As on the wire.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text),* }
            }

            /// For people.
            pub const fn title(self) -> &'static str {
                match self { $(Self::$name => $title),* }
            }

            /// The status that it is answered with.
            pub const fn status(self) -> StatusCode {
                match self { $(Self::$name => StatusCode::$status),* }
            }
        }
    };
}

codes! {
    BadParameter BAD_REQUEST "bad_parameter" "Bad parameter";
    BadCursor BAD_REQUEST "bad_cursor" "Bad cursor";
    TooManyRows BAD_REQUEST "too_many_rows" "Too many rows";
    Unauthenticated UNAUTHORIZED "unauthenticated" "Unauthenticated";
    Forbidden FORBIDDEN "forbidden" "Forbidden";
    NotFound NOT_FOUND "not_found" "Not found";
    MethodNotAllowed METHOD_NOT_ALLOWED "method_not_allowed" "Method not allowed";
    NotAcceptable NOT_ACCEPTABLE "not_acceptable" "Not acceptable";
    NotClosed CONFLICT "not_closed" "Not closed";
    AlreadyReplayed CONFLICT "already_replayed" "Already replayed";
    Masked CONFLICT "masked" "Masked";
    Parked CONFLICT "parked" "Parked";
    Mixed CONFLICT "mixed" "Not the same on every partition";
    RequestTimeout REQUEST_TIMEOUT "request_timeout" "Request timeout";
    TooLarge PAYLOAD_TOO_LARGE "too_large" "Too large";
    UnsupportedMediaType UNSUPPORTED_MEDIA_TYPE "unsupported_media_type" "Unsupported media type";
    TooManyRequests TOO_MANY_REQUESTS "too_many_requests" "Too many requests";
    NotCaughtUp SERVICE_UNAVAILABLE "not_caught_up" "Not caught up";
    Unavailable SERVICE_UNAVAILABLE "unavailable" "Unavailable";
    Internal INTERNAL_SERVER_ERROR "internal" "Internal error";
}
