//! Where road sections come from: which were split, which were merged, and into what.

use sqlx::Row;

use crate::domain::feature::FeatureId;
use crate::domain::layer::Layer;
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

    /// The newest commit that split or merged sections; 0 where none has.
    pub async fn newest_lineage(&mut self) -> Result<i64, StoreError> {
        let newest = sqlx::query_scalar("select coalesce(max(commit_id), 0) from section_lineage");
        Ok(newest.fetch_one(self.connection()).await?)
    }

    /// Sections with an external id that were split or merged, of which something is there still.
    pub async fn resections(&mut self) -> Result<Vec<Resection>, StoreError> {
        let rows = sqlx::query(
            "with recursive down (root, external_id, id) as (
                 select parent_id, parent_external_id, child_id from section_lineage where parent_external_id is not null
                 union
                 select root, external_id, child_id from down join section_lineage on parent_id = down.id)
             select root, external_id, id,
                 (select previous from history where layer = ?1 and feature_id = root and operation = 3)
             from down where id in (select road_section_id from road_section) order by root, id",
        )
        .bind(Layer::RoadSections.index() as i64)
        .fetch_all(self.connection())
        .await?;
        let mut found: Vec<(i64, Resection)> = Vec::new();
        for row in &rows {
            let (root, heir) = (row.try_get(0)?, FeatureId(row.try_get(2)?));
            match found.last_mut() {
                Some((last, resection)) if *last == root => resection.heirs.push(heir),
                _ => {
                    let (external_id, body) = (row.try_get(1)?, row.try_get(3)?);
                    found.push((root, Resection { external_id, body, heirs: vec![heir] }));
                }
            }
        }
        Ok(found.into_iter().map(|(_, resection)| resection).collect())
    }
}

/// A section that was split or merged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resection {
    pub external_id: String,
    /// As it was then, as GeoJSON.
    pub body: Option<String>,
    /// The sections that hold its parts today.
    pub heirs: Vec<FeatureId>,
}
