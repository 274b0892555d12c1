//! What can go wrong with a request, free of HTTP.

use crate::domain::draft::FieldError;
use crate::domain::feature::{FeatureId, Rev};
use crate::domain::layer::Layer;
use crate::domain::plan::PlanId;
use crate::formats::FormatError;
use crate::store::StoreError;

#[derive(Debug, thiserror::Error)]
pub enum AppError {
    #[error("there is no feature {} in {}", id.0, layer.name())]
    NotFound { layer: Layer, id: FeatureId },
    #[error("the change log reaches from {} to {}: take the layers anew and follow from there", oldest.0, newest.0)]
    Gone { oldest: Rev, newest: Rev },
    #[error("the feature has changed meanwhile: its revision is {}", current.0)]
    Stale { current: Rev },
    #[error("there is no plan {}: /api/plans lists those there are", id.0)]
    NoPlan { id: PlanId },
    #[error("plan {} has changed meanwhile: its version is {version}; look at it again", id.0)]
    StalePlan { id: PlanId, version: i64 },
    #[error("say which revision is meant: send If-Match with the feature's ETag")]
    GuardRequired,
    #[error("{}", first_of(.0))]
    Invalid(Vec<FieldError>),
    #[error("{detail}")]
    Conflict { detail: String, pointer: Option<String> },
    #[error("this Idempotency-Key was used with another body: take a new key")]
    KeyReused,
    #[error("too many writes are waiting: try again shortly")]
    Overloaded,
    #[error("too many questions are waiting to be answered: try again in a minute")]
    QuestionsWait,
    #[error("the work was cancelled")]
    Cancelled,
    #[error(
        "the answer takes longer than {seconds} s: ask for less (a shorter period, fewer permutations), or send \
         'Prefer: respond-async' and come back for it"
    )]
    TooLong { seconds: u64 },
    /// What was asked for is understood, and makes no sense: the parameter and a sentence.
    #[error("{name}: {detail}")]
    Question { name: &'static str, detail: String },
    #[error("the map is still loading: try again shortly")]
    Starting,
    #[error("the disk is full: reads go on, writes come back when there is room")]
    DiskFull,
    #[error("{0}")]
    Configuration(String),
    #[error("read the input")]
    Format(#[from] FormatError),
    #[error("the store did not answer")]
    Store(#[source] StoreError),
    #[error("write the output")]
    Output(#[from] std::io::Error),
}

fn first_of(errors: &[FieldError]) -> String {
    let Some(first) = errors.first() else { return "the input is not valid".to_owned() };
    let more = if errors.len() > 1 { format!(" (and {} more)", errors.len() - 1) } else { String::new() };
    let place = if first.pointer.is_empty() { String::new() } else { format!("{}: ", first.pointer) };
    format!("{place}{}{more}", first.detail)
}

impl From<StoreError> for AppError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::ExternalIdTaken { external_id } => Self::Conflict {
                detail: format!(
                    "the external id{} is taken by another feature of the layer",
                    external_id.map(|id| format!(" '{id}'")).unwrap_or_default()
                ),
                pointer: Some("/properties/external_id".to_owned()),
            },
            StoreError::CodeTaken { property } => Self::Conflict {
                detail: format!("another feature of the layer has this {property}"),
                pointer: Some(format!("/properties/{property}")),
            },
            StoreError::Referenced => Self::Conflict {
                detail: "a reference does not lead to a stored feature, or others refer to this one: mend those first"
                    .to_owned(),
                pointer: None,
            },
            StoreError::DiskFull => Self::DiskFull,
            StoreError::Busy => Self::Overloaded,
            other => Self::Store(other),
        }
    }
}

/// One error with one place.
pub(crate) fn invalid(pointer: impl Into<String>, detail: impl Into<String>) -> AppError {
    AppError::Invalid(vec![FieldError { pointer: pointer.into(), detail: detail.into() }])
}
