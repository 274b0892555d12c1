//! What went wrong, as `application/problem+json` (RFC 9457). One table for all kinds.

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value as Json, json};

use crate::app::AppError;
use crate::domain::draft::FieldError;
use crate::domain::feature::Rev;
use crate::formats::FormatError;

/// A kind of problem: what `type` names. Stable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Malformed,
    ReadOnly,
    WrongOrigin,
    NotFound,
    MethodNotAllowed,
    NotAcceptable,
    Timeout,
    Conflict,
    Gone,
    Stale,
    TooLarge,
    UnsupportedMediaType,
    Invalid,
    GuardRequired,
    Internal,
    Overloaded,
    Starting,
    DiskFull,
}

/// Name in the address, status, title, and what to do about it.
type Row = (Kind, &'static str, StatusCode, &'static str, &'static str);

pub const TABLE: [Row; 18] = [
    (
        Kind::Malformed,
        "malformed",
        StatusCode::BAD_REQUEST,
        "The request is malformed",
        "Mend what detail and errors name: a parameter, or the text of the body.",
    ),
    (
        Kind::ReadOnly,
        "read-only",
        StatusCode::FORBIDDEN,
        "The service is read-only here",
        "Write from the machine itself, or start the service with --open.",
    ),
    (
        Kind::WrongOrigin,
        "wrong-origin",
        StatusCode::FORBIDDEN,
        "The write comes from another site",
        "Send writes to the service's own address, from its own page or from a program.",
    ),
    (
        Kind::NotFound,
        "not-found",
        StatusCode::NOT_FOUND,
        "There is no such thing",
        "Look at /api/collections for what there is.",
    ),
    (
        Kind::MethodNotAllowed,
        "method-not-allowed",
        StatusCode::METHOD_NOT_ALLOWED,
        "The method is not answered here",
        "Use one of those that the header Allow lists.",
    ),
    (
        Kind::NotAcceptable,
        "not-acceptable",
        StatusCode::NOT_ACCEPTABLE,
        "There is no such format",
        "Ask for one of the formats that detail lists, by f= or Accept.",
    ),
    (
        Kind::Timeout,
        "timeout",
        StatusCode::REQUEST_TIMEOUT,
        "The body took too long",
        "Send the body without pauses, or import a large file on the command line.",
    ),
    (
        Kind::Conflict,
        "conflict",
        StatusCode::CONFLICT,
        "The request contradicts what is stored",
        "Another feature has the name, or others refer to this one: mend that first.",
    ),
    (
        Kind::Gone,
        "gone",
        StatusCode::GONE,
        "The change log does not reach back so far",
        "Take the layers anew and follow from the sequence that they show.",
    ),
    (
        Kind::Stale,
        "stale",
        StatusCode::PRECONDITION_FAILED,
        "The feature has changed meanwhile",
        "Read it again, and change what is there now.",
    ),
    (
        Kind::TooLarge,
        "too-large",
        StatusCode::PAYLOAD_TOO_LARGE,
        "The body is too large",
        "One feature may have 1 MiB, a collection 64 MiB: send less at a time, or import a file on the command line.",
    ),
    (
        Kind::UnsupportedMediaType,
        "unsupported-media-type",
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "The body's media type is not taken",
        "Say Content-Type: application/geo+json.",
    ),
    (
        Kind::Invalid,
        "invalid",
        StatusCode::UNPROCESSABLE_ENTITY,
        "The input is understood but not valid",
        "Each of errors names a place in the body and what is wrong there.",
    ),
    (
        Kind::GuardRequired,
        "guard-required",
        StatusCode::PRECONDITION_REQUIRED,
        "The revision must be named",
        "Read the feature and send its ETag as If-Match.",
    ),
    (
        Kind::Internal,
        "internal",
        StatusCode::INTERNAL_SERVER_ERROR,
        "The service failed",
        "This is a fault of the service: report it.",
    ),
    (
        Kind::Overloaded,
        "overloaded",
        StatusCode::SERVICE_UNAVAILABLE,
        "The service is overloaded",
        "Try again after Retry-After.",
    ),
    (
        Kind::Starting,
        "starting",
        StatusCode::SERVICE_UNAVAILABLE,
        "The service is starting",
        "Try again after Retry-After; /readyz tells when.",
    ),
    (
        Kind::DiskFull,
        "disk-full",
        StatusCode::INSUFFICIENT_STORAGE,
        "The disk is full",
        "Reads go on; writes come back by themselves when there is room.",
    ),
];

impl Kind {
    fn row(self) -> &'static Row {
        &TABLE[self as usize]
    }

    pub fn status(self) -> StatusCode {
        self.row().2
    }
}

/// Where `type` leads: a place of the service's own documentation.
pub fn type_of(slug: &str) -> String {
    format!("/api/docs#{slug}")
}

#[derive(Debug)]
pub struct Problem(Box<Told>);

/// What a problem says.
#[derive(Debug)]
struct Told {
    kind: Kind,
    detail: String,
    errors: Vec<FieldError>,
    header: Option<(HeaderName, HeaderValue)>,
}

impl Problem {
    pub fn new(kind: Kind, detail: impl Into<String>) -> Self {
        Self(Box::new(Told { kind, detail: detail.into(), errors: Vec::new(), header: None }))
    }

    /// A parameter of the address is wrong.
    pub fn parameter(name: &str, detail: impl std::fmt::Display) -> Self {
        Self::new(Kind::Malformed, format!("{name}: {detail}"))
    }

    pub fn with_errors(mut self, errors: Vec<FieldError>) -> Self {
        self.0.errors = errors;
        self
    }

    /// With a text taken out of its detail that is nobody's business.
    pub fn without(mut self, text: &str) -> Self {
        self.0.detail = self.0.detail.replace(text, "");
        self
    }

    /// The object that tells it, also inside other answers.
    pub fn to_json(&self) -> Json {
        let (_, slug, status, title, _) = self.0.kind.row();
        let mut object =
            json!({ "type": type_of(slug), "title": title, "status": status.as_u16(), "detail": self.0.detail });
        if !self.0.errors.is_empty() {
            let told = |error: &FieldError| json!({ "pointer": error.pointer, "detail": error.detail });
            object["errors"] = self.0.errors.iter().map(told).collect();
        }
        object
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = self.to_json().to_string();
        let mut response = (self.0.kind.status(), body).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if matches!(self.0.kind, Kind::Overloaded | Kind::Starting) {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        if self.0.kind == Kind::DiskFull {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("10"));
        }
        if let Some((name, value)) = self.0.header {
            headers.insert(name, value);
        }
        response
    }
}

impl From<AppError> for Problem {
    fn from(error: AppError) -> Self {
        Self::from(&error)
    }
}

impl From<&AppError> for Problem {
    fn from(error: &AppError) -> Self {
        let detail = error.to_string();
        match error {
            AppError::NotFound { .. } => Self::new(Kind::NotFound, detail),
            AppError::Gone { .. } => Self::new(Kind::Gone, detail),
            AppError::NoPlan { .. } => Self::new(Kind::NotFound, detail),
            AppError::Stale { current: Rev(tag) } | AppError::StalePlan { version: tag, .. } => {
                let etag = HeaderValue::from_str(&format!("\"{tag}\"")).ok();
                let mut problem = Self::new(Kind::Stale, detail);
                problem.0.header = etag.map(|etag| (header::ETAG, etag));
                problem
            }
            AppError::GuardRequired => Self::new(Kind::GuardRequired, detail),
            AppError::Invalid(errors) => Self::new(Kind::Invalid, detail).with_errors(errors.clone()),
            AppError::Conflict { pointer, .. } => {
                let errors = pointer.iter().map(|pointer| FieldError::new(pointer, detail.clone())).collect();
                Self::new(Kind::Conflict, detail).with_errors(errors)
            }
            AppError::KeyReused => Self::new(Kind::Invalid, detail),
            AppError::Overloaded => Self::new(Kind::Overloaded, detail),
            AppError::QuestionsWait => {
                let mut problem = Self::new(Kind::Overloaded, detail);
                problem.0.header = Some((header::RETRY_AFTER, HeaderValue::from_static("60")));
                problem
            }
            AppError::TooLong { .. } => Self::new(Kind::Overloaded, detail),
            AppError::Cancelled => Self::new(Kind::NotFound, detail),
            AppError::Question { .. } => Self::new(Kind::Malformed, detail),
            AppError::Starting => Self::new(Kind::Starting, detail),
            AppError::DiskFull => Self::new(Kind::DiskFull, detail),
            AppError::Format(inner) => inner.into(),
            AppError::Configuration(_) | AppError::Store(_) | AppError::Output(_) => {
                tracing::error!(error = error as &dyn std::error::Error, "a request failed");
                Self::new(Kind::Internal, "the service failed; the failure was recorded")
            }
        }
    }
}

impl From<FormatError> for Problem {
    fn from(error: FormatError) -> Self {
        Self::from(&error)
    }
}

impl From<&FormatError> for Problem {
    fn from(error: &FormatError) -> Self {
        let problem = Self::new(Kind::Malformed, error.to_string());
        match error {
            FormatError::Feature { place, detail, .. } => {
                let pointer = place.strip_prefix("feature ").map(|at| format!("/features/{at}")).unwrap_or_default();
                problem.with_errors(vec![FieldError::new(pointer, detail.as_str())])
            }
            _ => problem,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_the_order_of_the_kinds() {
        for (at, row) in TABLE.iter().enumerate() {
            assert_eq!(row.0 as usize, at, "{}", row.1);
        }
    }
}
