//! Writing: rows, history and change log in one transaction, by the one connection that writes.

use jiff::Timestamp;
use sqlx::SqliteConnection;
use tokio::sync::OwnedMutexGuard;

use crate::domain::feature::{Feature, FeatureId, Rev};
use crate::domain::layer::Layer;
use crate::store::columns::{bind, statements};
use crate::store::read::{self, Operation};
use crate::store::{Derivation, Remembered, Store, StoreError, derivation, idempotency};

/// An open write transaction. Holds the writer's lock; dropped without [`WriteTx::commit`] it leaves nothing.
pub struct WriteTx {
    connection: OwnedMutexGuard<SqliteConnection>,
    commit: i64,
    next_rev: i64,
    first_rev: i64,
    actor: String,
    at: Timestamp,
    /// Something that is not a feature was written, such as a step of a derivation.
    touched: bool,
}

/// A state to come back to.
#[derive(Debug, Clone, Copy)]
pub struct Savepoint {
    next_rev: i64,
}

/// Ends a transaction that a dropped future or a full disk left behind. SQLite may have rolled it back already.
pub(super) async fn recover(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    match sqlx::query("rollback").execute(connection).await {
        Ok(_) => Ok(()),
        Err(error) if error.to_string().contains("no transaction is active") => Ok(()),
        Err(error) => Err(error.into()),
    }
}

impl Store {
    /// Waits for the writer's turn and for the file's write lock.
    pub async fn write(&self, actor: &str, at: Timestamp) -> Result<WriteTx, StoreError> {
        let mut connection = self.writer.clone().lock_owned().await;
        recover(&mut connection).await?;
        sqlx::query("begin immediate").execute(&mut *connection).await?;
        let (next_rev, commit): (i64, i64) =
            sqlx::query_as("select next_rev, next_commit from sequence").fetch_one(&mut *connection).await?;
        Ok(WriteTx { connection, commit, next_rev, first_rev: next_rev, actor: actor.to_owned(), at, touched: false })
    }
}

impl WriteTx {
    /// The last sequence number given before this transaction.
    pub fn before(&self) -> Rev {
        Rev(self.first_rev - 1)
    }

    /// The last sequence number given so far.
    pub fn newest(&self) -> Rev {
        Rev(self.next_rev - 1)
    }

    pub fn at(&self) -> Timestamp {
        self.at
    }

    /// Puts the name of another actor on what this transaction writes.
    pub fn set_actor(&mut self, actor: &str) {
        actor.clone_into(&mut self.actor);
    }

    pub async fn savepoint(&mut self) -> Result<Savepoint, StoreError> {
        sqlx::query("savepoint request").execute(&mut *self.connection).await?;
        Ok(Savepoint { next_rev: self.next_rev })
    }

    pub async fn release(&mut self) -> Result<(), StoreError> {
        sqlx::query("release request").execute(&mut *self.connection).await?;
        Ok(())
    }

    /// Undoes everything since the savepoint. Fails when the whole transaction is gone already (disk full).
    pub async fn roll_back_to(&mut self, savepoint: Savepoint) -> Result<(), StoreError> {
        sqlx::query("rollback to request").execute(&mut *self.connection).await?;
        self.next_rev = savepoint.next_rev;
        self.release().await
    }

    fn take_rev(&mut self) -> Rev {
        let rev = Rev(self.next_rev);
        self.next_rev += 1;
        rev
    }

    /// Stores a new feature; sets its id, revision and times.
    pub async fn insert(&mut self, layer: Layer, feature: &mut Feature) -> Result<(), StoreError> {
        feature.rev = self.take_rev();
        feature.created_at = self.at;
        feature.updated_at = self.at;
        let query = bind(sqlx::query(statements(layer).insert.as_str()), feature, self.commit);
        let done = query.execute(&mut *self.connection).await.map_err(|error| named(error, feature))?;
        feature.id = FeatureId(done.last_insert_rowid());
        self.log(layer, feature.id, feature.rev, Operation::Create, None).await
    }

    /// Stores a new state of a feature; sets its revision and time. `previous` is its body before, as GeoJSON.
    pub async fn update(&mut self, layer: Layer, feature: &mut Feature, previous: &str) -> Result<(), StoreError> {
        feature.rev = self.take_rev();
        feature.updated_at = self.at;
        let query = bind(sqlx::query(statements(layer).update.as_str()), feature, self.commit).bind(feature.id.0);
        query.execute(&mut *self.connection).await.map_err(|error| named(error, feature))?;
        self.log(layer, feature.id, feature.rev, Operation::Update, Some(previous)).await
    }

    /// Removes a feature; answers the sequence number of its end.
    pub async fn delete(&mut self, layer: Layer, id: FeatureId, previous: &str) -> Result<Rev, StoreError> {
        let rev = self.take_rev();
        let query = sqlx::query(statements(layer).delete.as_str()).bind(id.0);
        query.execute(&mut *self.connection).await?;
        self.log(layer, id, rev, Operation::Delete, Some(previous)).await?;
        Ok(rev)
    }

    async fn log(
        &mut self,
        layer: Layer,
        id: FeatureId,
        rev: Rev,
        operation: Operation,
        previous: Option<&str>,
    ) -> Result<(), StoreError> {
        sqlx::query("insert into change (seq, commit_id, layer, feature_id, operation) values (?, ?, ?, ?, ?)")
            .bind(rev.0)
            .bind(self.commit)
            .bind(layer.index() as i64)
            .bind(id.0)
            .bind(if operation == Operation::Delete { 2_i64 } else { 1 })
            .execute(&mut *self.connection)
            .await?;
        sqlx::query(
            "insert into history (layer, feature_id, rev, commit_id, operation, previous) values (?, ?, ?, ?, ?, ?)",
        )
        .bind(layer.index() as i64)
        .bind(id.0)
        .bind(rev.0)
        .bind(self.commit)
        .bind(operation.code())
        .bind(previous)
        .execute(&mut *self.connection)
        .await?;
        Ok(())
    }

    /// The features that there are among these ids, as this transaction sees them.
    pub async fn features(&mut self, layer: Layer, ids: &[FeatureId]) -> Result<Vec<Feature>, StoreError> {
        read::features(&mut self.connection, layer, ids).await
    }

    pub async fn by_external_ids(
        &mut self,
        layer: Layer,
        keys: &[String],
    ) -> Result<Vec<(String, FeatureId)>, StoreError> {
        read::by_keys(&mut self.connection, statements(layer).by_external_ids.as_str(), keys).await
    }

    pub async fn by_codes(&mut self, layer: Layer, keys: &[String]) -> Result<Vec<(String, FeatureId)>, StoreError> {
        match &statements(layer).by_codes {
            Some(sql) => read::by_keys(&mut self.connection, sql.as_str(), keys).await,
            None => Ok(Vec::new()),
        }
    }

    /// Which of these ids there are.
    pub async fn existing(&mut self, layer: Layer, ids: &[FeatureId]) -> Result<Vec<FeatureId>, StoreError> {
        Ok(self.features(layer, ids).await?.into_iter().map(|feature| feature.id).collect())
    }

    pub async fn push_derivation(&mut self, derivation: &Derivation) -> Result<(), StoreError> {
        self.touched = true;
        derivation::push(&mut self.connection, derivation).await
    }

    pub async fn derivations(&mut self, limit: usize) -> Result<Vec<Derivation>, StoreError> {
        derivation::list(&mut self.connection, limit).await
    }

    /// Notes how far a derivation has got.
    pub async fn advance_derivation(
        &mut self,
        id: i64,
        after_curve: u64,
        after_id: FeatureId,
    ) -> Result<(), StoreError> {
        self.touched = true;
        derivation::advance(&mut self.connection, id, after_curve, after_id).await
    }

    pub async fn finish_derivation(&mut self, id: i64) -> Result<(), StoreError> {
        self.touched = true;
        derivation::finish(&mut self.connection, id).await
    }

    pub async fn remembered(&mut self, key: &str) -> Result<Option<Remembered>, StoreError> {
        idempotency::get(&mut self.connection, key).await
    }

    pub async fn remember(&mut self, key: &str, answer: &Remembered) -> Result<(), StoreError> {
        self.touched = true;
        idempotency::put(&mut self.connection, key, answer, self.at).await
    }

    /// Makes it all durable, or nothing. Answers the commit's number when features changed.
    pub async fn commit(mut self) -> Result<Option<i64>, StoreError> {
        let changed = self.next_rev > self.first_rev;
        if !changed && !self.touched {
            recover(&mut self.connection).await?;
            return Ok(None);
        }
        if changed {
            log_commit(&mut self.connection, self.commit, &self.actor, self.at, self.next_rev).await?;
        }
        sqlx::query("commit").execute(&mut *self.connection).await?;
        Ok(changed.then_some(self.commit))
    }

    pub async fn roll_back(mut self) -> Result<(), StoreError> {
        recover(&mut self.connection).await
    }
}

/// Enters the commit and moves the sequence on.
pub(super) async fn log_commit(
    connection: &mut SqliteConnection,
    commit: i64,
    actor: &str,
    at: Timestamp,
    next_rev: i64,
) -> Result<(), StoreError> {
    sqlx::query("insert into commit_log (commit_id, actor, committed_at) values (?, ?, ?)")
        .bind(commit)
        .bind(actor)
        .bind(at.as_microsecond())
        .execute(&mut *connection)
        .await?;
    sqlx::query("update sequence set next_rev = ?, next_commit = ? where sequence_id = 1")
        .bind(next_rev)
        .bind(commit + 1)
        .execute(connection)
        .await?;
    Ok(())
}

/// Says which external id was taken.
fn named(error: sqlx::Error, feature: &Feature) -> StoreError {
    match StoreError::from(error) {
        StoreError::ExternalIdTaken { .. } => StoreError::ExternalIdTaken { external_id: feature.external_id.clone() },
        other => other,
    }
}

/// Cuts the change log before `seq`; history stays.
pub(super) async fn cut_changes(connection: &mut SqliteConnection, before: Rev) -> Result<u64, StoreError> {
    let done = sqlx::query("delete from change where seq < ?").bind(before.0).execute(connection).await?;
    Ok(done.rows_affected())
}

impl Store {
    /// Cuts the change log before `seq` and answers how many entries went; followers that are further back must take
    /// the layers anew. History stays.
    pub async fn cut_changes(&self, before: Rev) -> Result<u64, StoreError> {
        let mut connection = self.writer.lock().await;
        recover(&mut connection).await?;
        cut_changes(&mut connection, before).await
    }
}
