//! Where road sections come from: which were split, which were merged, and into what.

use std::collections::HashSet;

use sqlx::{Row, SqliteConnection};

use crate::domain::feature::FeatureId;
use crate::domain::lineage::{Descent, Operation};
use crate::store::{ReadTx, StoreError, WriteTx};

impl WriteTx {
    pub async fn descend(&mut self, descents: &[Descent]) -> Result<(), StoreError> {
        for descent in descents {
            sqlx::query(
                "insert into section_lineage (parent_id, child_id, parent_external_id, operation, commit_id) \
                 values (?, ?, ?, ?, ?)",
            )
            .bind(descent.parent.0)
            .bind(descent.child.0)
            .bind(descent.parent_external_id.as_deref())
            .bind(descent.operation.name())
            .bind(self.commit_number())
            .execute(self.connection())
            .await?;
        }
        Ok(())
    }
}

impl ReadTx {
    /// Every step that leads to the section or on from it, oldest first.
    ///
    /// Cost: a look into an index a step.
    pub async fn lineage(&mut self, id: FeatureId) -> Result<Vec<Descent>, StoreError> {
        let rows = sqlx::query(
            "with recursive
             up (id) as (select ?1 union select parent_id from section_lineage join up on child_id = up.id),
             down (id) as (select ?1 union select child_id from section_lineage join down on parent_id = down.id)
             select parent_id, child_id, parent_external_id, operation, commit_id from section_lineage
             where child_id in (select id from up) or parent_id in (select id from down)
             order by commit_id, parent_id, child_id",
        )
        .bind(id.0)
        .fetch_all(self.connection())
        .await?;
        rows.iter()
            .map(|row| {
                Ok(Descent {
                    parent: FeatureId(row.try_get(0)?),
                    child: FeatureId(row.try_get(1)?),
                    parent_external_id: row.try_get(2)?,
                    operation: Operation::of(row.try_get(3)?),
                })
            })
            .collect()
    }

    /// External ids of sections that were split or merged and are not there under that id any more.
    pub async fn superseded_external_ids(&mut self) -> Result<HashSet<String>, StoreError> {
        superseded(self.connection()).await
    }
}

async fn superseded(connection: &mut SqliteConnection) -> Result<HashSet<String>, StoreError> {
    let ids: Vec<String> = sqlx::query_scalar(
        "select distinct parent_external_id from section_lineage where parent_external_id is not null \
         and parent_external_id not in (select external_id from road_section where external_id is not null)",
    )
    .fetch_all(connection)
    .await?;
    Ok(ids.into_iter().collect())
}
