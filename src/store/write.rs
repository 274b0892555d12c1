//! Writing: rows, history and change log in one transaction, by the one connection that writes.

use jiff::Timestamp;
use serde_json::{Value as Json, json};
use sqlx::SqliteConnection;
use tokio::sync::OwnedMutexGuard;

use crate::domain::feature::{Feature, FeatureId, Rev};
use crate::domain::layer::Layer;
use crate::store::columns::{bind, statements};
use crate::store::read::{self, Operation};
use crate::store::{Derivation, Remembered, Store, StoreError, derivation, idempotency};

/// The connection that writes.
pub(super) struct Writer {
    pub connection: SqliteConnection,
    /// A transaction may be open: a dropped future or a full disk left it behind.
    pub open: bool,
}

impl Writer {
    pub fn new(connection: SqliteConnection) -> Self {
        Self { connection, open: true }
    }

    /// Ends a transaction that was left behind. SQLite may have rolled it back already.
    pub async fn recover(&mut self) -> Result<(), StoreError> {
        if self.open {
            roll_back(&mut self.connection).await?;
            self.open = false;
        }
        Ok(())
    }
}

/// Ends a transaction without a trace, if one is open.
pub(super) async fn roll_back(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    match sqlx::query("rollback").execute(connection).await {
        Err(error) if !error.to_string().contains("no transaction is active") => Err(error.into()),
        _ => Ok(()),
    }
}

/// What a transaction has to enter into the change log and the history when it ends.
pub(super) struct Entry {
    pub layer: Layer,
    pub id: FeatureId,
    pub rev: Rev,
    pub operation: Operation,
    pub previous: Option<String>,
}

impl Entry {
    /// The operation as the change log tells it.
    pub fn feed(&self) -> i64 {
        if self.operation == Operation::Delete { 2 } else { 1 }
    }
}

/// An open write transaction. Holds the writer's lock; dropped without [`WriteTx::commit`] it leaves nothing.
pub struct WriteTx {
    writer: OwnedMutexGuard<Writer>,
    pub(super) entries: Vec<Entry>,
    commit: i64,
    next_rev: i64,
    first_rev: i64,
    actor: String,
    at: Timestamp,
    /// Something that is not a feature was written, such as a step of a derivation.
    touched: bool,
}

impl Drop for WriteTx {
    /// What was not committed is rolled back soon: until then it holds the file's lock against other processes.
    fn drop(&mut self) {
        if !self.writer.open {
            return;
        }
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        let writer = OwnedMutexGuard::mutex(&self.writer).clone();
        runtime.spawn(async move {
            // Whoever writes next recovers, too: then there is nothing left to do here.
            if let Err(error) = writer.lock().await.recover().await {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "a given-up transaction could not be rolled back"
                );
            }
        });
    }
}

/// A state to come back to.
#[derive(Debug, Clone, Copy)]
pub struct Savepoint {
    next_rev: i64,
    entries: usize,
    /// SQLite keeps a state, too.
    kept: bool,
}

impl Store {
    /// Waits for the writer's turn and for the file's write lock.
    pub async fn write(&self, actor: &str, at: Timestamp) -> Result<WriteTx, StoreError> {
        let mut writer = self.writer.clone().lock_owned().await;
        writer.recover().await?;
        writer.open = true;
        // One trip to the thread that works for the connection, not two.
        let (next_rev, commit): (i64, i64) =
            sqlx::query_as("begin immediate; select next_rev, next_commit from sequence")
                .fetch_one(&mut writer.connection)
                .await?;
        let entries = Vec::new();
        Ok(WriteTx {
            writer,
            entries,
            commit,
            next_rev,
            first_rev: next_rev,
            actor: actor.to_owned(),
            at,
            touched: false,
        })
    }
}

/// The end of a transaction in one trip: however much it did, a statement each for the change log and the history.
const LOG_AND_COMMIT: &str = "\
    insert into change (seq, commit_id, layer, feature_id, operation) \
    select value ->> 0, ?, value ->> 1, value ->> 2, value ->> 3 from json_each(?); \
    insert into history (layer, feature_id, rev, commit_id, operation, previous) \
    select value ->> 1, value ->> 2, value ->> 0, ?, value ->> 4, value ->> 5 from json_each(?); \
    insert into commit_log (commit_id, actor, committed_at) values (?, ?, ?); \
    update sequence set next_rev = ?, next_commit = ? where sequence_id = 1; \
    commit";

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

    /// Something that is not a feature is written: it is to be committed.
    pub(super) fn touch(&mut self) {
        self.touched = true;
    }

    pub(super) fn commit_number(&self) -> i64 {
        self.commit
    }

    pub(super) fn connection(&mut self) -> &mut SqliteConnection {
        &mut self.writer.connection
    }

    /// A state to come back to. What changes one row with one statement needs no state kept by SQLite, which undoes a
    /// failed statement by itself.
    pub async fn savepoint(&mut self, one_statement: bool) -> Result<Savepoint, StoreError> {
        if !one_statement {
            sqlx::query("savepoint request").execute(&mut self.writer.connection).await?;
        }
        Ok(Savepoint { next_rev: self.next_rev, entries: self.entries.len(), kept: !one_statement })
    }

    pub async fn release(&mut self, savepoint: Savepoint) -> Result<(), StoreError> {
        if savepoint.kept {
            sqlx::query("release request").execute(&mut self.writer.connection).await?;
        }
        Ok(())
    }

    /// Undoes everything since the savepoint. Fails when the whole transaction is gone already (disk full).
    pub async fn roll_back_to(&mut self, savepoint: Savepoint) -> Result<(), StoreError> {
        if savepoint.kept {
            sqlx::query("rollback to request").execute(&mut self.writer.connection).await?;
        }
        self.next_rev = savepoint.next_rev;
        self.entries.truncate(savepoint.entries);
        self.release(savepoint).await
    }

    pub(super) fn take_rev(&mut self) -> Rev {
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
        let done = query.execute(&mut self.writer.connection).await.map_err(|error| named(error, feature))?;
        feature.id = FeatureId(done.last_insert_rowid());
        self.log(layer, feature.id, feature.rev, Operation::Create, None);
        Ok(())
    }

    /// Stores a new state of a feature; sets its revision and time. `previous` is its body before, as GeoJSON.
    pub async fn update(&mut self, layer: Layer, feature: &mut Feature, previous: &str) -> Result<(), StoreError> {
        feature.rev = self.take_rev();
        feature.updated_at = self.at;
        let query = bind(sqlx::query(statements(layer).update.as_str()), feature, self.commit).bind(feature.id.0);
        query.execute(&mut self.writer.connection).await.map_err(|error| named(error, feature))?;
        self.log(layer, feature.id, feature.rev, Operation::Update, Some(previous.to_owned()));
        Ok(())
    }

    /// Removes a feature; answers the sequence number of its end.
    pub async fn delete(&mut self, layer: Layer, id: FeatureId, previous: &str) -> Result<Rev, StoreError> {
        let rev = self.take_rev();
        let query = sqlx::query(statements(layer).delete.as_str()).bind(id.0);
        query.execute(&mut self.writer.connection).await?;
        self.log(layer, id, rev, Operation::Delete, Some(previous.to_owned()));
        Ok(rev)
    }

    pub(super) fn log(
        &mut self,
        layer: Layer,
        id: FeatureId,
        rev: Rev,
        operation: Operation,
        previous: Option<String>,
    ) {
        self.entries.push(Entry { layer, id, rev, operation, previous });
    }

    /// What the transaction did, as a list of lists for `json_each`.
    fn log_rows(&mut self) -> String {
        let rows = self.entries.drain(..).map(|entry| {
            let layer = entry.layer.index();
            json!([entry.rev.0, layer, entry.id.0, entry.feed(), entry.operation.code(), entry.previous])
        });
        Json::Array(rows.collect()).to_string()
    }

    /// The features that there are among these ids, as this transaction sees them.
    pub async fn features(&mut self, layer: Layer, ids: &[FeatureId]) -> Result<Vec<Feature>, StoreError> {
        read::features(&mut self.writer.connection, layer, ids).await
    }

    pub async fn by_external_ids(
        &mut self,
        layer: Layer,
        keys: &[String],
    ) -> Result<Vec<(String, FeatureId)>, StoreError> {
        read::by_keys(&mut self.writer.connection, statements(layer).by_external_ids.as_str(), keys).await
    }

    pub async fn by_codes(&mut self, layer: Layer, keys: &[String]) -> Result<Vec<(String, FeatureId)>, StoreError> {
        match &statements(layer).by_codes {
            Some(sql) => read::by_keys(&mut self.writer.connection, sql.as_str(), keys).await,
            None => Ok(Vec::new()),
        }
    }

    pub async fn push_derivation(&mut self, derivation: &Derivation) -> Result<(), StoreError> {
        self.touched = true;
        derivation::push(&mut self.writer.connection, derivation).await
    }

    pub async fn derivations(&mut self, limit: usize) -> Result<Vec<Derivation>, StoreError> {
        derivation::list(&mut self.writer.connection, limit).await
    }

    /// Notes how far a derivation has got.
    pub async fn advance_derivation(
        &mut self,
        id: i64,
        after_curve: u64,
        after_id: FeatureId,
    ) -> Result<(), StoreError> {
        self.touched = true;
        derivation::advance(&mut self.writer.connection, id, after_curve, after_id).await
    }

    pub async fn finish_derivation(&mut self, id: i64) -> Result<(), StoreError> {
        self.touched = true;
        derivation::finish(&mut self.writer.connection, id).await
    }

    pub async fn remembered(&mut self, key: &str) -> Result<Option<Remembered>, StoreError> {
        idempotency::get(&mut self.writer.connection, key).await
    }

    pub async fn remember(&mut self, key: &str, answer: &Remembered) -> Result<(), StoreError> {
        self.touched = true;
        idempotency::put(&mut self.writer.connection, key, answer, self.at).await
    }

    /// Makes it all durable, or nothing. Answers the commit's number when features changed.
    pub async fn commit(mut self) -> Result<Option<i64>, StoreError> {
        let changed = self.next_rev > self.first_rev;
        if !changed && !self.touched {
            self.writer.recover().await?;
            return Ok(None);
        }
        if changed {
            self.log_many().await?;
            let rows = self.log_rows();
            sqlx::query(LOG_AND_COMMIT)
                .bind(self.commit)
                .bind(rows.as_str())
                .bind(self.commit)
                .bind(rows.as_str())
                .bind(self.commit)
                .bind(self.actor.as_str())
                .bind(self.at.as_microsecond())
                .bind(self.next_rev)
                .bind(self.commit + 1)
                .execute(&mut self.writer.connection)
                .await?;
        } else {
            sqlx::query("commit").execute(&mut self.writer.connection).await?;
        }
        self.writer.open = false;
        Ok(changed.then_some(self.commit))
    }

    pub async fn roll_back(mut self) -> Result<(), StoreError> {
        self.writer.recover().await
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
        let mut writer = self.writer.lock().await;
        writer.recover().await?;
        cut_changes(&mut writer.connection, before).await
    }
}
