//! Patrol effort: rows by section and period.

use std::collections::HashMap;

use jiff::Timestamp;
use sqlx::{Row, SqliteConnection};

use crate::domain::feature::FeatureId;
use crate::domain::patrol_effort::PatrolEffort;
use crate::store::{ReadTx, StoreError, WriteTx};

/// What writing a row did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EffortWritten {
    Created,
    Updated,
    Unchanged,
}

impl WriteTx {
    /// Stores a row, or replaces the one of the same section and period.
    pub async fn put_effort(&mut self, actor: &str, effort: &PatrolEffort) -> Result<EffortWritten, StoreError> {
        let (from, to) = (effort.from.as_microsecond(), effort.to.as_microsecond());
        let at = self.at().as_microsecond();
        let before: Option<(Option<f64>, Option<f64>)> = sqlx::query_as(
            "select minutes, passes from patrol_effort where section_id = ? and from_us = ? and to_us = ?",
        )
        .bind(effort.section.0)
        .bind(from)
        .bind(to)
        .fetch_optional(self.connection())
        .await?;
        if before == Some((effort.minutes, effort.passes)) {
            return Ok(EffortWritten::Unchanged);
        }
        sqlx::query(
            "insert into patrol_effort (section_id, from_us, to_us, minutes, passes, actor, imported_at) \
             values (?, ?, ?, ?, ?, ?, ?) \
             on conflict (section_id, from_us, to_us) do update set \
             minutes = excluded.minutes, passes = excluded.passes, actor = excluded.actor, \
             imported_at = excluded.imported_at",
        )
        .bind(effort.section.0)
        .bind(from)
        .bind(to)
        .bind(effort.minutes)
        .bind(effort.passes)
        .bind(actor)
        .bind(at)
        .execute(self.connection())
        .await?;
        self.touch();
        Ok(if before.is_some() { EffortWritten::Updated } else { EffortWritten::Created })
    }

    /// Lets readers see that there is something new.
    pub async fn advance_effort(&mut self) -> Result<(), StoreError> {
        sqlx::query("update patrol_effort_version set version = version + 1 where version_id = 1")
            .execute(self.connection())
            .await?;
        self.touch();
        Ok(())
    }
}

impl ReadTx {
    /// Rises with each import that changed something.
    pub async fn effort_version(&mut self) -> Result<i64, StoreError> {
        Ok(sqlx::query_scalar("select version from patrol_effort_version").fetch_one(self.connection()).await?)
    }

    /// All rows, by section and period.
    pub async fn efforts(&mut self) -> Result<Vec<PatrolEffort>, StoreError> {
        efforts(self.connection()).await
    }

    /// Which sections were made of each section that was split or merged.
    pub async fn section_children(&mut self) -> Result<HashMap<FeatureId, Vec<FeatureId>>, StoreError> {
        let pairs: Vec<(i64, i64)> =
            sqlx::query_as("select parent_id, child_id from section_lineage order by parent_id, child_id")
                .fetch_all(self.connection())
                .await?;
        let mut children: HashMap<FeatureId, Vec<FeatureId>> = HashMap::new();
        for (parent, child) in pairs {
            children.entry(FeatureId(parent)).or_default().push(FeatureId(child));
        }
        Ok(children)
    }
}

async fn efforts(connection: &mut SqliteConnection) -> Result<Vec<PatrolEffort>, StoreError> {
    let rows = sqlx::query(
        "select section_id, from_us, to_us, minutes, passes from patrol_effort order by section_id, from_us, to_us",
    )
    .fetch_all(connection)
    .await?;
    let instant = |microseconds: i64| {
        Timestamp::from_microsecond(microseconds).map_err(|error| StoreError::Corrupt(error.to_string()))
    };
    rows.iter()
        .map(|row| {
            Ok(PatrolEffort {
                section: FeatureId(row.try_get(0)?),
                from: instant(row.try_get(1)?)?,
                to: instant(row.try_get(2)?)?,
                minutes: row.try_get(3)?,
                passes: row.try_get(4)?,
            })
        })
        .collect()
}
