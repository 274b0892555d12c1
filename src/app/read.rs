//! Reads that the world does not answer: what changed since, and what a feature was.

use serde_json::value::RawValue;

use crate::app::{App, AppError};
use crate::domain::feature::{FeatureId, Rev};
use crate::domain::layer::Layer;
use crate::store::{Change, HistoryEntry};

/// Some of the change log, whole commits only.
#[derive(Debug, Clone)]
pub struct ChangePage {
    pub changes: Vec<Change>,
    /// The last change there is.
    pub newest: Rev,
}

/// What a feature was after one change.
pub struct Version {
    pub entry: HistoryEntry,
    /// GeoJSON; none after a deletion.
    pub feature: Option<Box<RawValue>>,
}

impl App {
    /// Changes after `since`, about `limit` of them.
    ///
    /// Errors: [`AppError::Gone`] when the log no longer reaches back to `since`, or never came that far.
    pub async fn changes(&self, since: Rev, limit: usize) -> Result<ChangePage, AppError> {
        let mut tx = self.store().read().await?;
        let newest = tx.newest().await?;
        let oldest = tx.oldest_change().await?.unwrap_or(Rev(newest.0 + 1));
        if since.0 < oldest.0 - 1 || since > newest {
            return Err(AppError::Gone { oldest: Rev(oldest.0 - 1), newest });
        }
        Ok(ChangePage { changes: tx.changes(since, limit).await?, newest })
    }

    /// Everything that a feature was, oldest first, deleted ones included.
    pub async fn history(&self, layer: Layer, id: FeatureId) -> Result<Vec<Version>, AppError> {
        let mut tx = self.store().read().await?;
        let entries = tx.history(layer, id).await?;
        if entries.is_empty() {
            return Err(AppError::NotFound { layer, id });
        }
        let now = tx.features(layer, &[id]).await?.pop().map(|feature| {
            let mut body = Vec::new();
            crate::app::encode(layer, &feature, &mut body);
            String::from_utf8_lossy(&body).into_owned()
        });
        // What an entry left behind is what the next one found.
        let mut after: Vec<Option<String>> = entries.iter().skip(1).map(|entry| entry.previous.clone()).collect();
        after.push(now);
        Ok(entries
            .into_iter()
            .zip(after)
            .map(|(entry, body)| Version { entry, feature: body.and_then(|body| RawValue::from_string(body).ok()) })
            .collect())
    }
}
