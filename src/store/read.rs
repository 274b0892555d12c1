//! Reading: one consistent view of the store for as long as the transaction lives.

use futures_util::TryStreamExt;
use jiff::Timestamp;
use sqlx::{Acquire, Row, Sqlite, SqliteConnection};

use crate::domain::feature::{Feature, FeatureId, Rev};
use crate::domain::layer::Layer;
use crate::store::columns::{self, json_list, statements};
use crate::store::{Derivation, Store, StoreError, derivation};

/// One entry of the change log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change {
    pub seq: Rev,
    pub commit: i64,
    pub layer: Layer,
    pub id: FeatureId,
    pub deleted: bool,
}

/// What a history entry tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    Create,
    Update,
    Delete,
}

impl Operation {
    pub fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Delete => "delete",
        }
    }

    pub(super) fn code(self) -> i64 {
        match self {
            Self::Create => 1,
            Self::Update => 2,
            Self::Delete => 3,
        }
    }

    fn of(code: i64) -> Self {
        match code {
            1 => Self::Create,
            2 => Self::Update,
            _ => Self::Delete,
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct HistoryEntry {
    pub rev: Rev,
    pub commit: i64,
    pub actor: String,
    pub at: Timestamp,
    pub operation: Operation,
    /// The feature before the change, as GeoJSON; none for a creation.
    pub previous: Option<String>,
}

pub struct ReadTx {
    transaction: sqlx::Transaction<'static, Sqlite>,
}

impl Store {
    pub async fn read(&self) -> Result<ReadTx, StoreError> {
        let mut transaction = self.readers.begin().await?;
        // A deferred transaction sees the moment of its first read: make that now.
        sqlx::query("select next_rev from sequence").fetch_one(&mut *transaction).await?;
        Ok(ReadTx { transaction })
    }
}

impl ReadTx {
    pub(super) fn connection(&mut self) -> &mut SqliteConnection {
        &mut self.transaction
    }

    /// The last sequence number given.
    pub async fn newest(&mut self) -> Result<Rev, StoreError> {
        newest(self.connection()).await
    }

    /// Features with ids above `after`, by id.
    pub async fn load_page(
        &mut self,
        layer: Layer,
        after: FeatureId,
        limit: usize,
    ) -> Result<Vec<Feature>, StoreError> {
        let query = sqlx::query(statements(layer).select_page.as_str()).bind(after.0).bind(limit as i64);
        let mut rows = query.fetch(self.connection());
        let mut features = Vec::with_capacity(limit.min(8192));
        while let Some(row) = rows.try_next().await? {
            features.push(columns::read(layer, &row)?);
        }
        Ok(features)
    }

    /// The features that there are among these ids, by id.
    pub async fn features(&mut self, layer: Layer, ids: &[FeatureId]) -> Result<Vec<Feature>, StoreError> {
        features(self.connection(), layer, ids).await
    }

    pub async fn by_external_ids(
        &mut self,
        layer: Layer,
        keys: &[String],
    ) -> Result<Vec<(String, FeatureId)>, StoreError> {
        by_keys(self.connection(), statements(layer).by_external_ids.as_str(), keys).await
    }

    pub async fn by_codes(&mut self, layer: Layer, keys: &[String]) -> Result<Vec<(String, FeatureId)>, StoreError> {
        match &statements(layer).by_codes {
            Some(sql) => by_keys(self.connection(), sql.as_str(), keys).await,
            None => Ok(Vec::new()),
        }
    }

    /// The oldest change that the log still keeps.
    pub async fn oldest_change(&mut self) -> Result<Option<Rev>, StoreError> {
        let oldest: Option<i64> =
            sqlx::query_scalar("select min(seq) from change").fetch_one(self.connection()).await?;
        Ok(oldest.map(Rev))
    }

    /// Changes after `since`, in order: about `limit`, the last commit always whole.
    pub async fn changes(&mut self, since: Rev, limit: usize) -> Result<Vec<Change>, StoreError> {
        let mut changes = self
            .change_rows(
                "select seq, commit_id, layer, feature_id, operation from change where seq > ? order by seq limit ?",
                [since.0, limit as i64],
            )
            .await?;
        if changes.len() == limit
            && let Some(last) = changes.last().copied()
        {
            let rest = self.change_rows("select seq, commit_id, layer, feature_id, operation from change where seq > ? and commit_id = ? order by seq", [last.seq.0, last.commit]).await?;
            // Commits follow each other without gaps between their sequences, so the rest of this one comes first.
            changes.extend(rest);
        }
        Ok(changes)
    }

    async fn change_rows(&mut self, sql: &'static str, values: [i64; 2]) -> Result<Vec<Change>, StoreError> {
        let mut rows = sqlx::query(sql).bind(values[0]).bind(values[1]).fetch(self.connection());
        let mut changes = Vec::new();
        while let Some(row) = rows.try_next().await? {
            let layer = layer_of(row.try_get_unchecked(2)?)?;
            changes.push(Change {
                seq: Rev(row.try_get_unchecked(0)?),
                commit: row.try_get_unchecked(1)?,
                layer,
                id: FeatureId(row.try_get_unchecked(3)?),
                deleted: row.try_get_unchecked::<i64, _>(4)? == 2,
            });
        }
        Ok(changes)
    }

    /// Everything that happened to a feature, oldest first.
    pub async fn history(&mut self, layer: Layer, id: FeatureId) -> Result<Vec<HistoryEntry>, StoreError> {
        let rows = sqlx::query(
            "select h.rev, h.commit_id, c.actor, c.committed_at, h.operation, h.previous \
             from history h join commit_log c on c.commit_id = h.commit_id \
             where h.layer = ? and h.feature_id = ? order by h.rev",
        )
        .bind(layer.index() as i64)
        .bind(id.0)
        .fetch_all(self.connection())
        .await?;
        rows.iter()
            .map(|row| {
                Ok(HistoryEntry {
                    rev: Rev(row.try_get(0)?),
                    commit: row.try_get(1)?,
                    actor: row.try_get(2)?,
                    at: Timestamp::from_microsecond(row.try_get(3)?)
                        .map_err(|error| StoreError::Corrupt(error.to_string()))?,
                    operation: Operation::of(row.try_get(4)?),
                    previous: row.try_get(5)?,
                })
            })
            .collect()
    }

    /// Work that waits to be derived again.
    pub async fn derivations(&mut self, limit: usize) -> Result<Vec<Derivation>, StoreError> {
        derivation::list(self.connection(), limit).await
    }

    pub async fn count_derivations(&mut self) -> Result<u64, StoreError> {
        let count: i64 = sqlx::query_scalar("select count(*) from derivation").fetch_one(self.connection()).await?;
        Ok(count as u64)
    }
}

pub(super) fn layer_of(index: i64) -> Result<Layer, StoreError> {
    usize::try_from(index)
        .ok()
        .and_then(|index| Layer::ALL.get(index).copied())
        .ok_or_else(|| StoreError::Corrupt(format!("there is no layer {index}")))
}

pub(super) async fn newest(connection: &mut SqliteConnection) -> Result<Rev, StoreError> {
    let next: i64 = sqlx::query_scalar("select next_rev from sequence").fetch_one(connection).await?;
    Ok(Rev(next - 1))
}

pub(super) async fn features(
    connection: &mut SqliteConnection,
    layer: Layer,
    ids: &[FeatureId],
) -> Result<Vec<Feature>, StoreError> {
    let query = sqlx::query(statements(layer).select_by_ids.as_str()).bind(json_list(ids.iter().map(|id| id.0)));
    let mut rows = query.fetch(connection.acquire().await?);
    let mut features = Vec::with_capacity(ids.len());
    while let Some(row) = rows.try_next().await? {
        features.push(columns::read(layer, &row)?);
    }
    Ok(features)
}

pub(super) async fn by_keys(
    connection: &mut SqliteConnection,
    sql: &'static str,
    keys: &[String],
) -> Result<Vec<(String, FeatureId)>, StoreError> {
    let rows = sqlx::query(sql).bind(json_list(keys.iter().map(String::as_str))).fetch_all(connection).await?;
    rows.iter().map(|row| Ok((row.try_get(0)?, FeatureId(row.try_get(1)?)))).collect()
}
