//! Bulk writing: rows wait in a temporary table of their own connection, then enter the map in one short transaction.

use jiff::Timestamp;
use sqlx::{AssertSqlSafe, ConnectOptions, Row, SqliteConnection};

use crate::domain::feature::{Feature, FeatureId, Rev};
use crate::domain::layer::Layer;
use crate::spatial::shape::Envelope;
use crate::store::columns::{self, bind, json_list};
use crate::store::write::{log_commit, roll_back};
use crate::store::{Derivation, Store, StoreError, derivation, write_options};

/// One feature to be written.
pub struct Staged {
    pub feature: Feature,
    /// The id and revision that an update was made from; none for a new feature.
    pub base: Option<(FeatureId, Rev)>,
    /// The body before, as GeoJSON, for an update.
    pub previous: Option<String>,
}

/// What must be derived again when something it depended on has changed since it was derived.
pub struct Rederive<'a> {
    /// The sequence of the snapshot that facts were derived from.
    pub derived_at: Rev,
    /// Layers whose changes matter.
    pub causes: &'a [Layer],
    /// Where the staged features lie.
    pub window: Envelope,
    /// What the publication itself makes others derive again.
    pub effects: &'a [Derivation],
}

/// What became of a publication.
#[derive(Debug, Default)]
pub struct Published {
    /// None when there was nothing to publish.
    pub commit: Option<i64>,
    pub created: u64,
    pub updated: u64,
    pub deleted: u64,
    /// Somebody else changed or created these meanwhile: then nothing is published.
    pub conflicts: Vec<Conflict>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// Place among the staged features, from 0.
    pub ordinal: usize,
}

pub struct Stage {
    connection: SqliteConnection,
    layer: Layer,
    count: usize,
    gone: usize,
    sql: Sql,
    /// The commit up to which splits and merges of sections were seen.
    lineage_seen: Option<i64>,
}

/// The statements of a stage, from the layer's own identifiers.
struct Sql {
    stage: String,
    clash_created: String,
    clash_updated: String,
    clash_gone: String,
    delete: String,
    insert: String,
    update: String,
    change: String,
    history_created: String,
    history_updated: String,
}

impl Store {
    /// Opens a stage for one layer. Takes no lock on the map until it is published.
    pub async fn stage(&self, layer: Layer) -> Result<Stage, StoreError> {
        let mut connection = write_options(&self.path).connect().await?;
        let sql = Sql::of(layer);
        let columns: Vec<String> = columns::columns(layer).into_iter().map(str::to_owned).collect();
        let create = format!(
            "create temp table staged (ordinal integer primary key, base_id integer, base_rev integer, previous text, \
             clash integer not null default 0, {})",
            columns.join(", ")
        );
        sqlx::query(AssertSqlSafe(create)).execute(&mut connection).await?;
        sqlx::query(
            "create temp table gone (ordinal integer primary key, base_id integer, base_rev integer, previous text)",
        )
        .execute(&mut connection)
        .await?;
        Ok(Stage { connection, layer, count: 0, gone: 0, sql, lineage_seen: None })
    }
}

impl Stage {
    pub fn is_empty(&self) -> bool {
        self.count + self.gone == 0
    }

    /// Lets new sections clash with splits and merges after this commit, which made their external ids vanish.
    pub fn watch_lineage(&mut self, seen: i64) {
        self.lineage_seen = Some(seen);
    }

    /// Adds features, in the order in which they will get their revisions.
    pub async fn put(&mut self, batch: &[Staged]) -> Result<(), StoreError> {
        sqlx::query("begin").execute(&mut self.connection).await?;
        for staged in batch {
            let query = sqlx::query(AssertSqlSafe(self.sql.stage.clone()))
                .bind(self.count as i64)
                .bind(staged.base.map(|(id, _)| id.0))
                .bind(staged.base.map(|(_, rev)| rev.0))
                .bind(staged.previous.as_deref());
            bind(query, &staged.feature, 0).execute(&mut self.connection).await?;
            self.count += 1;
        }
        sqlx::query("commit").execute(&mut self.connection).await?;
        Ok(())
    }

    /// Adds features to be deleted, with their newest revisions and bodies.
    pub async fn remove(&mut self, batch: &[(FeatureId, Rev, String)]) -> Result<(), StoreError> {
        sqlx::query("begin").execute(&mut self.connection).await?;
        for (id, rev, previous) in batch {
            sqlx::query("insert into gone (ordinal, base_id, base_rev, previous) values (?, ?, ?, ?)")
                .bind(self.gone as i64)
                .bind(id.0)
                .bind(rev.0)
                .bind(previous)
                .execute(&mut self.connection)
                .await?;
            self.gone += 1;
        }
        sqlx::query("commit").execute(&mut self.connection).await?;
        Ok(())
    }

    /// Writes everything in one transaction and empties the stage; nothing when something clashes.
    ///
    /// A clash is a new feature whose external id has appeared meanwhile (or vanished by a split), or an update whose base is no longer the
    /// newest revision. Cost: a few seconds a million features, during which other writers wait.
    pub async fn publish(&mut self, actor: &str, at: Timestamp, again: Rederive<'_>) -> Result<Published, StoreError> {
        if self.is_empty() {
            return Ok(Published::default());
        }
        sqlx::query("begin immediate").execute(&mut self.connection).await?;
        match self.publish_staged(actor, at, &again).await {
            Ok(published) if published.commit.is_none() => {
                roll_back(&mut self.connection).await?;
                Ok(published)
            }
            Ok(published) => {
                sqlx::query("commit").execute(&mut self.connection).await?;
                sqlx::query("delete from staged; delete from gone").execute(&mut self.connection).await?;
                (self.count, self.gone) = (0, 0);
                Ok(published)
            }
            Err(error) => {
                roll_back(&mut self.connection).await?;
                Err(error)
            }
        }
    }

    async fn publish_staged(
        &mut self,
        actor: &str,
        at: Timestamp,
        again: &Rederive<'_>,
    ) -> Result<Published, StoreError> {
        let (next_rev, commit): (i64, i64) =
            sqlx::query_as("select next_rev, next_commit from sequence").fetch_one(&mut self.connection).await?;
        for sql in [&self.sql.clash_created, &self.sql.clash_updated] {
            sqlx::query(AssertSqlSafe(sql.clone())).execute(&mut self.connection).await?;
        }
        if let Some(seen) = self.lineage_seen {
            let split = "update staged set clash = 1 where base_id is null and external_id in \
                         (select parent_external_id from section_lineage where commit_id > ?)";
            self.run(split, &[seen]).await?;
        }
        let mut published = Published { conflicts: self.conflicts().await?, ..Published::default() };
        if !published.conflicts.is_empty() {
            return Ok(published);
        }
        let microseconds = at.as_microsecond();
        published.created = self.run(&self.sql.insert.clone(), &[next_rev, commit, microseconds, microseconds]).await?;
        published.updated = self.run(&self.sql.update.clone(), &[next_rev, commit, microseconds]).await?;
        let layer = self.layer.index() as i64;
        self.run(&self.sql.change.clone(), &[layer, commit]).await?;
        self.run(&self.sql.history_created.clone(), &[layer, commit, next_rev]).await?;
        self.run(&self.sql.history_updated.clone(), &[layer, next_rev, commit]).await?;
        published.deleted = self.publish_gone(next_rev + self.count as i64, commit).await?;
        if self.caused_since(again).await? {
            derivation::push(&mut self.connection, &Derivation::new(self.layer, again.window)).await?;
        }
        for effect in again.effects {
            derivation::push(&mut self.connection, effect).await?;
        }
        log_commit(&mut self.connection, commit, actor, at, next_rev + (self.count + self.gone) as i64).await?;
        published.commit = Some(commit);
        Ok(published)
    }

    async fn publish_gone(&mut self, next_rev: i64, commit: i64) -> Result<u64, StoreError> {
        if self.gone == 0 {
            return Ok(0);
        }
        let layer = self.layer.index() as i64;
        let change = "insert into change (seq, commit_id, layer, feature_id, operation) \
                      select ordinal + ?1, ?2, ?3, base_id, 2 from gone order by ordinal";
        self.run(change, &[next_rev, commit, layer]).await?;
        let history = "insert into history (layer, feature_id, rev, commit_id, operation, previous) \
                       select ?1, base_id, ordinal + ?2, ?3, 3, previous from gone";
        self.run(history, &[layer, next_rev, commit]).await?;
        self.run(&self.sql.delete.clone(), &[]).await
    }

    async fn run(&mut self, sql: &str, values: &[i64]) -> Result<u64, StoreError> {
        let mut query = sqlx::query(AssertSqlSafe(sql.to_owned()));
        for value in values {
            query = query.bind(*value);
        }
        Ok(query.execute(&mut self.connection).await?.rows_affected())
    }

    async fn conflicts(&mut self) -> Result<Vec<Conflict>, StoreError> {
        let lost =
            format!("select ordinal from staged where clash = 1 union all {} order by ordinal", self.sql.clash_gone);
        let rows = sqlx::query(AssertSqlSafe(lost)).fetch_all(&mut self.connection).await?;
        rows.iter().map(|row| Ok(Conflict { ordinal: row.try_get::<i64, _>(0)? as usize })).collect()
    }

    /// Whether a layer that facts depend on has changed since they were derived.
    async fn caused_since(&mut self, again: &Rederive<'_>) -> Result<bool, StoreError> {
        let causes = json_list(again.causes.iter().map(|layer| layer.index() as i64));
        let found: i64 = sqlx::query_scalar(
            "select exists (select 1 from change where seq > ? and layer in (select value from json_each(?)))",
        )
        .bind(again.derived_at.0)
        .bind(causes)
        .fetch_one(&mut self.connection)
        .await?;
        Ok(found == 1)
    }
}

impl Sql {
    fn of(layer: Layer) -> Self {
        let table = layer.declaration().table;
        let key = format!("{table}_id");
        let all = columns::columns(layer);
        // Revision, commit and times are set at publication.
        let carried: Vec<&str> = all
            .iter()
            .copied()
            .filter(|name| !matches!(*name, "rev" | "commit_id" | "created_at" | "updated_at"))
            .collect();
        let names = carried.join(", ");
        let settings: Vec<String> = carried.iter().map(|name| format!("{name} = staged.{name}")).collect();
        Self {
            stage: format!(
                "insert into staged (ordinal, base_id, base_rev, previous, {}) values (?, ?, ?, ?, {})",
                all.join(", "),
                vec!["?"; all.len()].join(", ")
            ),
            clash_created: format!(
                "update staged set clash = 1 where base_id is null and external_id in (select external_id from {table})"
            ),
            clash_updated: format!(
                "update staged set clash = 1 where base_id is not null and not exists \
                 (select 1 from {table} where {key} = staged.base_id and rev = staged.base_rev)"
            ),
            clash_gone: format!(
                "select ordinal from gone where not exists \
                 (select 1 from {table} where {key} = gone.base_id and rev = gone.base_rev)"
            ),
            delete: format!("delete from {table} where {key} in (select base_id from gone)"),
            insert: format!(
                "insert into {table} (rev, commit_id, created_at, updated_at, {names}) \
                 select ordinal + ?1, ?2, ?3, ?4, {names} from staged where base_id is null and clash = 0 order by ordinal"
            ),
            update: format!(
                "update {table} set rev = staged.ordinal + ?1, commit_id = ?2, updated_at = ?3, {} \
                 from staged where {table}.{key} = staged.base_id and staged.clash = 0",
                settings.join(", ")
            ),
            change: format!(
                "insert into change (seq, commit_id, layer, feature_id, operation) \
                 select rev, commit_id, ?1, {key}, 1 from {table} where commit_id = ?2 order by rev"
            ),
            history_created: format!(
                "insert into history (layer, feature_id, rev, commit_id, operation, previous) \
                 select ?1, {key}, rev, commit_id, 1, null from {table} \
                 where commit_id = ?2 and not exists \
                 (select 1 from staged where ordinal = {table}.rev - ?3 and base_id is not null) order by {key}"
            ),
            history_updated: "insert into history (layer, feature_id, rev, commit_id, operation, previous) \
                 select ?1, base_id, ordinal + ?2, ?3, 2, previous from staged where base_id is not null and clash = 0"
                .to_owned(),
        }
    }
}
