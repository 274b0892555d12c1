//! Checks of the file, and copies of it.

use std::path::Path;

use sqlx::{AssertSqlSafe, ConnectOptions, Row};

use crate::domain::layer::Layer;
use crate::store::{READER_PATIENCE, Store, StoreError, options};

/// Something that the store's own checks found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault(pub String);

impl Store {
    /// SQLite's integrity and foreign key checks, and that the change log and history fit the rows.
    pub async fn check(&self) -> Result<Vec<Fault>, StoreError> {
        let mut connection = options(&self.path, READER_PATIENCE).connect().await?;
        let mut faults = Vec::new();
        for row in sqlx::query("pragma integrity_check").fetch_all(&mut connection).await? {
            let text: String = row.try_get(0)?;
            if text != "ok" {
                faults.push(Fault(text));
            }
        }
        for row in sqlx::query("pragma foreign_key_check").fetch_all(&mut connection).await? {
            let (table, id): (String, i64) = (row.try_get(0)?, row.try_get(1)?);
            faults.push(Fault(format!("{table} {id} refers to something that is not there")));
        }
        for layer in Layer::ALL {
            let table = layer.declaration().table;
            let key = layer.index();
            // The newest history entry of each stored feature tells its revision and is no deletion.
            let sql = format!(
                "select t.{table}_id from {table} t where not exists (select 1 from history h where h.layer = {key} \
                 and h.feature_id = t.{table}_id and h.rev = t.rev and h.operation < 3) \
                 or exists (select 1 from history h where h.layer = {key} and h.feature_id = t.{table}_id and h.rev > t.rev) \
                 or t.rev >= (select next_rev from sequence) limit 10"
            );
            for row in sqlx::query(AssertSqlSafe(sql)).fetch_all(&mut connection).await? {
                let id: i64 = row.try_get(0)?;
                faults.push(Fault(format!("{} {id}: its history does not lead to its revision", layer.name())));
            }
            let orphans = format!(
                "select h.feature_id from history h where h.layer = {key} and h.operation < 3 and h.rev = \
                 (select max(rev) from history m where m.layer = h.layer and m.feature_id = h.feature_id) \
                 and not exists (select 1 from {table} t where t.{table}_id = h.feature_id) limit 10"
            );
            for row in sqlx::query(AssertSqlSafe(orphans)).fetch_all(&mut connection).await? {
                let id: i64 = row.try_get(0)?;
                faults.push(Fault(format!("{} {id}: its history tells that it is there, but it is not", layer.name())));
            }
        }
        let torn = "select c.seq from change c where not exists (select 1 from commit_log l where l.commit_id = c.commit_id) limit 10";
        for row in sqlx::query(torn).fetch_all(&mut connection).await? {
            let seq: i64 = row.try_get(0)?;
            faults.push(Fault(format!("change {seq} belongs to no commit")));
        }
        Ok(faults)
    }

    /// Writes a compact copy of the store as it is at this moment. Readers and writers go on.
    pub async fn backup(&self, to: &Path) -> Result<(), StoreError> {
        let mut connection = options(&self.path, READER_PATIENCE).connect().await?;
        sqlx::query("vacuum into ?").bind(to.to_string_lossy().into_owned()).execute(&mut connection).await?;
        Ok(())
    }

    /// Helps the planner after a bulk load.
    pub async fn optimize(&self) -> Result<(), StoreError> {
        let mut writer = self.writer.lock().await;
        sqlx::query("pragma optimize").execute(&mut writer.connection).await?;
        Ok(())
    }
}
