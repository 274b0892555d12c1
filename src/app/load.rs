//! From the store to a snapshot: at the start, and again when the change log no longer reaches back.

use std::sync::Arc;

use crate::app::facts::Reach;
use crate::app::{AppError, encode};
use crate::domain::feature::{Feature, FeatureId};
use crate::domain::layer::Layer;
use crate::store::Store;
use crate::world::{Bulk, Snapshot};

const PAGE: usize = 8192;

/// Reads the layers as of one moment.
pub(super) async fn load(store: &Store, layers: &[Layer], reach: &Reach) -> Result<Snapshot, AppError> {
    let mut tx = store.read().await?;
    let seq = tx.newest().await?;
    let mut snapshot = Snapshot::empty();
    for &layer in layers {
        let mut bulk = Bulk::new(layer);
        let mut after = FeatureId(0);
        loop {
            let page = tx.load_page(layer, after, PAGE).await?;
            for feature in &page {
                reach.include(layer, feature);
                bulk.upsert(feature);
            }
            match page.last() {
                Some(last) if page.len() == PAGE => after = last.id,
                _ => break,
            }
        }
        snapshot = apply_bulk(snapshot, seq, bulk).await?;
    }
    let owners = Arc::new(tx.owners().await?);
    // An empty store has its moment too.
    Ok(snapshot.with_owners(owners).apply(seq, Vec::new()))
}

/// Builds chunks off the async threads.
pub(super) async fn apply_bulk(
    snapshot: Snapshot,
    seq: crate::domain::feature::Rev,
    bulk: Bulk,
) -> Result<Snapshot, AppError> {
    if bulk.is_empty() {
        return Ok(snapshot);
    }
    tokio::task::spawn_blocking(move || snapshot.apply_bulk(seq, std::slice::from_ref(&bulk), encoder))
        .await
        .map_err(|error| AppError::Configuration(format!("the world could not be built: {error}")))
}

fn encoder(layer: Layer) -> Box<dyn Fn(&Feature, &mut Vec<u8>) + Sync> {
    Box::new(move |feature, out| encode(layer, feature, out))
}
