//! One property of many features in one statement, within a transaction that may hold other work.
//!
//! Whole features in great numbers are `stage`'s.

use serde_json::{Value as Json, json};
use sqlx::AssertSqlSafe;

use crate::domain::feature::Feature;
use crate::domain::layer::Layer;
use crate::domain::value::Value;
use crate::store::read::Operation;
use crate::store::{StoreError, WriteTx};

/// Entries that go in one statement, and from how many on that pays.
const CHUNK: usize = 500;
const MANY: usize = 2 * CHUNK;

/// Inserts many rows at once.
fn many(columns: &str, row: &str, count: usize) -> String {
    format!("insert into {columns} values {}", vec![row; count].join(", "))
}

impl WriteTx {
    /// Enters a great number of changes into the change log and the history; few are left to the end of the
    /// transaction, which enters them in one trip. Half the time of a list in JSON.
    pub(super) async fn log_many(&mut self) -> Result<(), StoreError> {
        if self.entries.len() < MANY {
            return Ok(());
        }
        let (commit, entries) = (self.commit_number(), std::mem::take(&mut self.entries));
        for chunk in entries.chunks(CHUNK) {
            let sql = many("change (seq, commit_id, layer, feature_id, operation)", "(?, ?, ?, ?, ?)", chunk.len());
            let mut query = sqlx::query(AssertSqlSafe(sql));
            for entry in chunk {
                query = query.bind(entry.rev.0).bind(commit).bind(entry.layer.index() as i64);
                query = query.bind(entry.id.0).bind(entry.feed());
            }
            query.execute(self.connection()).await?;
            let columns = "history (layer, feature_id, rev, commit_id, operation, previous)";
            let mut query = sqlx::query(AssertSqlSafe(many(columns, "(?, ?, ?, ?, ?, ?)", chunk.len())));
            for entry in chunk {
                query = query.bind(entry.layer.index() as i64).bind(entry.id.0).bind(entry.rev.0).bind(commit);
                query = query.bind(entry.operation.code()).bind(entry.previous.as_deref());
            }
            query.execute(self.connection()).await?;
        }
        Ok(())
    }

    /// Stores the value that a property of whole numbers now has in each of many features, of which nothing else has
    /// changed; sets revisions and times. The same as [`WriteTx::update`] for each, in one statement. With each
    /// feature stands its body before, as GeoJSON.
    ///
    /// `property` is one of the layer's declaration. Cost: some microseconds a feature.
    pub async fn update_whole_numbers(
        &mut self,
        layer: Layer,
        property: &'static str,
        features: &mut [(Feature, String)],
    ) -> Result<(), StoreError> {
        let mut rows = Vec::with_capacity(features.len());
        for (feature, previous) in features {
            feature.rev = self.take_rev();
            feature.updated_at = self.at();
            let value = match feature.value(layer, property) {
                Value::Integer(number) => Json::from(*number),
                _ => Json::Null,
            };
            rows.push(json!([feature.id.0, feature.rev.0, value]));
            self.log(layer, feature.id, feature.rev, Operation::Update, Some(std::mem::take(previous)));
        }
        let table = layer.declaration().table;
        let sql = format!(
            "update {table} set rev = given.rev, commit_id = ?, updated_at = ?, {property} = given.number \
             from (select value ->> 0 as id, value ->> 1 as rev, value ->> 2 as number from json_each(?)) as given \
             where {table}.{table}_id = given.id"
        );
        let (commit, at) = (self.commit_number(), self.at().as_microsecond());
        sqlx::query(AssertSqlSafe(sql))
            .bind(commit)
            .bind(at)
            .bind(Json::Array(rows).to_string())
            .execute(self.connection())
            .await?;
        Ok(())
    }
}
