//! The queue of areas whose features have to be derived again.

use sqlx::{Row, SqliteConnection};

use crate::domain::feature::FeatureId;
use crate::domain::layer::Layer;
use crate::spatial::shape::Envelope;
use crate::store::StoreError;
use crate::store::read::layer_of;

/// Features of `layer` in `window` are to be derived again, those after (curve position, id) still are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Derivation {
    /// Given by the store.
    pub id: i64,
    pub layer: Layer,
    pub window: Envelope,
    pub after_curve: u64,
    pub after_id: FeatureId,
}

impl Derivation {
    pub fn new(layer: Layer, window: Envelope) -> Self {
        Self { id: 0, layer, window, after_curve: 0, after_id: FeatureId(0) }
    }
}

pub(super) async fn push(connection: &mut SqliteConnection, derivation: &Derivation) -> Result<(), StoreError> {
    let window = derivation.window;
    sqlx::query(
        "insert into derivation (layer, west, south, east, north, after_curve, after_id) values (?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(derivation.layer.index() as i64)
    .bind(window.west)
    .bind(window.south)
    .bind(window.east)
    .bind(window.north)
    .bind(derivation.after_curve as i64)
    .bind(derivation.after_id.0)
    .execute(connection)
    .await?;
    Ok(())
}

pub(super) async fn list(connection: &mut SqliteConnection, limit: usize) -> Result<Vec<Derivation>, StoreError> {
    let rows = sqlx::query(
        "select derivation_id, layer, west, south, east, north, after_curve, after_id \
         from derivation order by derivation_id limit ?",
    )
    .bind(limit as i64)
    .fetch_all(connection)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(Derivation {
                id: row.try_get(0)?,
                layer: layer_of(row.try_get(1)?)?,
                window: Envelope {
                    west: row.try_get(2)?,
                    south: row.try_get(3)?,
                    east: row.try_get(4)?,
                    north: row.try_get(5)?,
                },
                // The bits of an unsigned number in a signed column.
                after_curve: row.try_get::<i64, _>(6)? as u64,
                after_id: FeatureId(row.try_get(7)?),
            })
        })
        .collect()
}

pub(super) async fn advance(
    connection: &mut SqliteConnection,
    id: i64,
    after_curve: u64,
    after_id: FeatureId,
) -> Result<(), StoreError> {
    sqlx::query("update derivation set after_curve = ?, after_id = ? where derivation_id = ?")
        .bind(after_curve as i64)
        .bind(after_id.0)
        .bind(id)
        .execute(connection)
        .await?;
    Ok(())
}

pub(super) async fn finish(connection: &mut SqliteConnection, id: i64) -> Result<(), StoreError> {
    sqlx::query("delete from derivation where derivation_id = ?").bind(id).execute(connection).await?;
    Ok(())
}
