//! Following the change log: what other processes write becomes visible here; and folding off the writer's path.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use crate::app::{App, AppError, entry, load};
use crate::domain::feature::{FeatureId, Rev};
use crate::domain::layer::Layer;
use crate::store::{Change, ReadTx};
use crate::world::{self, Bulk, Snapshot};

/// Changes read at a time; a commit is never cut.
const PAGE: usize = 20_000;
/// More changes of one layer than this are taken in bulk.
const BULK: usize = 2_000;
/// Features fetched with one statement.
const FETCH: usize = 2_000;

/// Starts the tasks that live as long as the app does.
pub(super) async fn start(app: &App) -> Result<(), AppError> {
    let watcher = app.0.store.watch().await?;
    app.in_background(watch(app.clone(), watcher));
    app.in_background(fold(app.clone()));
    Ok(())
}

async fn watch(app: App, mut watcher: crate::store::DataVersionWatcher) {
    loop {
        let step = match watcher.changed().await {
            Ok(()) => {
                let _moving = app.0.moving.lock().await;
                catch_up(&app).await
            }
            Err(error) => Err(AppError::from(error)),
        };
        if let Err(error) = step {
            tracing::error!(error = &error as &dyn std::error::Error, "following the change log failed; trying again");
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    }
}

/// Brings the world up to the store's newest commit. The caller holds `moving`.
pub(super) async fn catch_up(app: &App) -> Result<(), AppError> {
    loop {
        let snapshot = app.snapshot();
        let mut tx = app.0.store.read().await?;
        let newest = tx.newest().await?;
        if newest <= snapshot.seq() {
            // A plan that changed no feature may have come into force.
            if tx.owners_stamp().await? != snapshot.owners().stamp {
                app.publish(Snapshot::clone(&snapshot).with_owners(Arc::new(tx.owners().await?)));
            }
            return Ok(());
        }
        let next = match tx.oldest_change().await? {
            Some(oldest) if oldest.0 <= snapshot.seq().0 + 1 => step(app, &snapshot, &mut tx, newest).await?,
            // The log was cut beyond our place: take everything anew.
            _ => load::load(&app.0.store, &app.0.layers, &app.0.reach).await?,
        };
        app.publish(next);
    }
}

async fn step(app: &App, snapshot: &Snapshot, tx: &mut ReadTx, newest: Rev) -> Result<Snapshot, AppError> {
    let changes = tx.changes(snapshot.seq(), PAGE).await?;
    let seq = match changes.last() {
        Some(last) if changes.len() >= PAGE => last.seq,
        _ => newest,
    };
    let mut by_layer: BTreeMap<Layer, HashMap<FeatureId, bool>> = BTreeMap::new();
    for Change { layer, id, deleted, .. } in changes {
        if app.0.layers.contains(&layer) {
            by_layer.entry(layer).or_default().insert(id, deleted);
        }
    }
    let mut next = snapshot.clone();
    let mut small = Vec::new();
    for (layer, changed) in by_layer {
        let mut gone: Vec<FeatureId> = changed.iter().filter(|(_, deleted)| **deleted).map(|(id, _)| *id).collect();
        let mut there: Vec<FeatureId> = changed.iter().filter(|(_, deleted)| !**deleted).map(|(id, _)| *id).collect();
        gone.sort_unstable();
        there.sort_unstable();
        if changed.len() > BULK {
            let bulk = fetch_bulk(app, tx, layer, &there, &gone).await?;
            next = load::apply_bulk(next, seq, bulk).await?;
            continue;
        }
        small.extend(gone.into_iter().map(|id| (layer, world::Change::Delete(id))));
        // A feature that a later commit has deleted is not found: its end comes with that commit.
        for feature in tx.features(layer, &there).await? {
            app.0.reach.include(layer, &feature);
            small.push((layer, world::Change::Upsert(entry(layer, feature))));
        }
    }
    if seq == newest && tx.owners_stamp().await? != next.owners().stamp {
        next = next.with_owners(Arc::new(tx.owners().await?));
    }
    Ok(next.apply(seq, small))
}

async fn fetch_bulk(
    app: &App,
    tx: &mut ReadTx,
    layer: Layer,
    there: &[FeatureId],
    gone: &[FeatureId],
) -> Result<Bulk, AppError> {
    let mut bulk = Bulk::new(layer);
    for ids in there.chunks(FETCH) {
        for feature in tx.features(layer, ids).await? {
            app.0.reach.include(layer, &feature);
            bulk.upsert(&feature);
        }
    }
    gone.iter().for_each(|id| bulk.delete(*id));
    Ok(bulk)
}

/// Folds overlays that have grown, off the threads that serve.
async fn fold(app: App) {
    loop {
        app.0.fold.notified().await;
        while let Some(layer) = app.snapshot().fold_due() {
            let snapshot = app.snapshot();
            let Ok(plan) = tokio::task::spawn_blocking(move || snapshot.fold(layer)).await else { break };
            let _moving = app.0.moving.lock().await;
            let newest = app.snapshot();
            if let Some(next) = plan.rebase(&newest) {
                app.0.world.publish(next);
            }
        }
    }
}
