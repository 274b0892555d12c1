//! Plans, their sections and beats, and the terms in which they were in force.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Map, Value as Json, json};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

use crate::domain::feature::FeatureId;
use crate::domain::plan::{Beat, Duty, Minutes, Owners, Plan, PlanId, Roll, Span, Status, Term};
use crate::store::{ReadTx, StoreError, WriteTx};

impl ReadTx {
    pub async fn plan(&mut self, id: PlanId) -> Result<Option<Plan>, StoreError> {
        plan(self.connection(), id).await
    }

    /// All plans, newest first.
    pub async fn plans(&mut self) -> Result<Vec<Plan>, StoreError> {
        let rows = sqlx::query(
            "select plan_id, version, status, name, created_at, created_by, published_at, published_by, \
             superseded_at, parameters, figures from plan order by plan_id desc",
        )
        .fetch_all(self.connection())
        .await?;
        rows.iter().map(read).collect()
    }

    /// What squads have to do in a plan, by section; sections that are gone are in it, too.
    pub async fn duties(&mut self, id: PlanId) -> Result<Vec<Duty>, StoreError> {
        duties(self.connection(), id).await
    }

    pub async fn beats(&mut self, id: PlanId) -> Result<Vec<Beat>, StoreError> {
        beats(self.connection(), id).await
    }

    pub async fn owners_stamp(&mut self) -> Result<i64, StoreError> {
        stamp(self.connection()).await
    }

    /// Who owned what when. Cost: reads the sections of every plan that was in force once.
    pub async fn owners(&mut self) -> Result<Owners, StoreError> {
        let stamp = stamp(self.connection()).await?;
        let rows = sqlx::query("select plan_id, valid_from, valid_to, actor from plan_term order by valid_from")
            .fetch_all(self.connection())
            .await?;
        let mut rolls: Vec<(PlanId, Roll)> = Vec::new();
        let mut terms = Vec::with_capacity(rows.len());
        for row in rows {
            let plan = PlanId(row.try_get(0)?);
            let known = rolls.iter().find(|(known, _)| *known == plan).map(|(_, roll)| roll.clone());
            let roll = if let Some(roll) = known {
                roll
            } else {
                let roll = roll(self.connection(), plan).await?;
                rolls.push((plan, roll.clone()));
                roll
            };
            terms.push(Term {
                plan,
                from: instant(row.try_get(1)?)?,
                to: row.try_get::<Option<i64>, _>(2)?.map(instant).transpose()?,
                actor: row.try_get(3)?,
                roll,
            });
        }
        Ok(Owners { stamp, terms })
    }
}

impl WriteTx {
    pub async fn plan(&mut self, id: PlanId) -> Result<Option<Plan>, StoreError> {
        plan(self.connection(), id).await
    }

    pub async fn duties(&mut self, id: PlanId) -> Result<Vec<Duty>, StoreError> {
        duties(self.connection(), id).await
    }

    pub async fn beats(&mut self, id: PlanId) -> Result<Vec<Beat>, StoreError> {
        beats(self.connection(), id).await
    }

    /// Stores a new draft; sets its id. Times are the transaction's.
    pub async fn insert_plan(&mut self, plan: &mut Plan, duties: &[Duty]) -> Result<(), StoreError> {
        plan.created_at = self.at();
        let done = sqlx::query(
            "insert into plan (version, status, name, created_at, created_by, parameters, figures) \
             values (?, 'draft', ?, ?, ?, ?, ?)",
        )
        .bind(plan.version)
        .bind(plan.name.as_str())
        .bind(plan.created_at.as_microsecond())
        .bind(plan.created_by.as_str())
        .bind(Json::Object(plan.parameters.clone()).to_string())
        .bind(Json::Object(plan.figures.clone()).to_string())
        .execute(self.connection())
        .await?;
        plan.id = PlanId(done.last_insert_rowid());
        self.put_duties(plan.id, duties).await
    }

    /// Stores what squads have to do: new rows, or others in their place.
    pub async fn put_duties(&mut self, id: PlanId, duties: &[Duty]) -> Result<(), StoreError> {
        let rows = duties.iter().map(|duty| {
            let Minutes { patrol, shops, violations, other } = duty.minutes;
            json!([duty.section.0, duty.squad.0, patrol, shops, violations, other])
        });
        sqlx::query(
            "insert into plan_section (plan_id, section_id, squad_id, patrol, shops, violations, other) \
             select ?, value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5 \
             from json_each(?) where true \
             on conflict (plan_id, section_id) do update set squad_id = excluded.squad_id",
        )
        .bind(id.0)
        .bind(Json::Array(rows.collect()).to_string())
        .execute(self.connection())
        .await?;
        self.touch();
        Ok(())
    }

    /// Replaces the figures of a plan and moves its version.
    pub async fn revise_plan(&mut self, id: PlanId, figures: &Map<String, Json>) -> Result<(), StoreError> {
        sqlx::query("update plan set version = version + 1, figures = ? where plan_id = ?")
            .bind(Json::Object(figures.clone()).to_string())
            .bind(id.0)
            .execute(self.connection())
            .await?;
        self.touch();
        Ok(())
    }

    /// Replaces all beats of a plan.
    pub async fn put_beats(&mut self, id: PlanId, beats: &[Beat]) -> Result<(), StoreError> {
        sqlx::query("delete from plan_beat where plan_id = ?").bind(id.0).execute(self.connection()).await?;
        let rows = beats.iter().map(|beat| json!([beat.section.0, beat.from_share, beat.to_share, beat.assistant.0]));
        sqlx::query(
            "insert into plan_beat (plan_id, section_id, from_share, to_share, assistant_id) \
             select ?, value ->> 0, value ->> 1, value ->> 2, value ->> 3 from json_each(?)",
        )
        .bind(id.0)
        .bind(Json::Array(rows.collect()).to_string())
        .execute(self.connection())
        .await?;
        self.touch();
        Ok(())
    }

    /// Forgets the beats on sections that have changed hands.
    pub async fn drop_beats(&mut self, id: PlanId, moved: &[Duty]) -> Result<(), StoreError> {
        let sections = Json::Array(moved.iter().map(|duty| Json::from(duty.section.0)).collect());
        sqlx::query("delete from plan_beat where plan_id = ? and section_id in (select value from json_each(?))")
            .bind(id.0)
            .bind(sections.to_string())
            .execute(self.connection())
            .await?;
        Ok(())
    }

    pub async fn delete_plan(&mut self, id: PlanId) -> Result<(), StoreError> {
        sqlx::query("delete from plan where plan_id = ?").bind(id.0).execute(self.connection()).await?;
        self.touch();
        Ok(())
    }

    /// Puts a plan in force from `from` on, in the place of the one that was. Answers the new stamp of the owners.
    pub async fn put_in_force(&mut self, id: PlanId, from: Timestamp, actor: &str) -> Result<i64, StoreError> {
        let at = from.as_microsecond();
        sqlx::query("update plan_term set valid_to = ? where valid_to is null")
            .bind(at)
            .execute(self.connection())
            .await?;
        sqlx::query("update plan set status = 'superseded', superseded_at = ?, version = version + 1 where status = 'published'")
            .bind(at)
            .execute(self.connection())
            .await?;
        sqlx::query(
            "update plan set status = 'published', published_at = ?, published_by = ?, superseded_at = null, \
             version = version + 1 where plan_id = ?",
        )
        .bind(at)
        .bind(actor)
        .bind(id.0)
        .execute(self.connection())
        .await?;
        // What a draft changes is told against the plan in force: who looked at it before looks again.
        sqlx::query("update plan set version = version + 1 where status = 'draft' and plan_id <> ?")
            .bind(id.0)
            .execute(self.connection())
            .await?;
        sqlx::query("insert into plan_term (plan_id, valid_from, actor) values (?, ?, ?)")
            .bind(id.0)
            .bind(at)
            .bind(actor)
            .execute(self.connection())
            .await?;
        self.move_stamp().await
    }

    /// Enters sections that came of others into every plan in which all of those have one and the same squad; the
    /// work of the parents is shared out. `children`: each with its share of it. Answers the new stamp.
    pub async fn descend_duties(
        &mut self,
        parents: &[FeatureId],
        children: &[(FeatureId, f64)],
    ) -> Result<i64, StoreError> {
        let parents_json = Json::Array(parents.iter().map(|id| Json::from(id.0)).collect()).to_string();
        for (child, share) in children {
            sqlx::query(
                "insert into plan_section (plan_id, section_id, squad_id, patrol, shops, violations, other) \
                 select plan_id, ?1, min(squad_id), ?2 * sum(patrol), ?2 * sum(shops), ?2 * sum(violations), \
                 ?2 * sum(other) from plan_section where section_id in (select value from json_each(?3)) \
                 group by plan_id having count(*) = ?4 and min(squad_id) = max(squad_id)",
            )
            .bind(child.0)
            .bind(*share)
            .bind(parents_json.as_str())
            .bind(parents.len() as i64)
            .execute(self.connection())
            .await?;
        }
        self.move_stamp().await
    }

    /// Beats on sections that others came of go over to those, in every plan: `ways` give a section, the one that came of it,
    /// which may be itself, and where the first lies in the second.
    pub async fn carry_beats(&mut self, ways: &[(FeatureId, FeatureId, Span)]) -> Result<(), StoreError> {
        let mut carried: BTreeMap<(i64, i64, i64), Vec<(f64, f64)>> = BTreeMap::new();
        for (parent, child, span) in ways {
            let rows: Vec<(i64, f64, f64, i64)> = sqlx::query_as(
                "select plan_id, from_share, to_share, assistant_id from plan_beat where section_id = ?1 \
                 and plan_id in (select plan_id from plan_section where section_id = ?1)",
            )
            .bind(parent.0)
            .fetch_all(self.connection())
            .await?;
            for (plan, from, to, assistant) in rows {
                carried.entry((plan, child.0, assistant)).or_default().extend(span.carry(from, to));
            }
            if parent == child {
                let gone = sqlx::query(
                    "delete from plan_beat where section_id = ?1 \
                     and plan_id in (select plan_id from plan_section where section_id = ?1)",
                );
                gone.bind(parent.0).execute(self.connection()).await?;
            }
        }
        let whole = carried.into_iter().flat_map(|((plan, section, assistant), stretches)| {
            joined(stretches).into_iter().map(move |(from, to)| json!([plan, section, from, to, assistant]))
        });
        let rows = Json::Array(whole.collect()).to_string();
        sqlx::query(
            "insert into plan_beat (plan_id, section_id, from_share, to_share, assistant_id) \
             select value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4 from json_each(?)",
        )
        .bind(rows)
        .execute(self.connection())
        .await?;
        Ok(())
    }

    async fn move_stamp(&mut self) -> Result<i64, StoreError> {
        self.touch();
        let stamp = "update plan_stamp set stamp = stamp + 1 where plan_stamp_id = 1 returning stamp";
        Ok(sqlx::query_scalar(stamp).fetch_one(self.connection()).await?)
    }
}

/// Stretches in order, those that touch made one.
fn joined(mut stretches: Vec<(f64, f64)>) -> Vec<(f64, f64)> {
    stretches.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut whole: Vec<(f64, f64)> = Vec::new();
    for (from, to) in stretches {
        match whole.last_mut() {
            Some(last) if from - last.1 < 1e-9 => last.1 = last.1.max(to),
            _ => whole.push((from, to)),
        }
    }
    whole
}

async fn plan(connection: &mut SqliteConnection, id: PlanId) -> Result<Option<Plan>, StoreError> {
    let row = sqlx::query(
        "select plan_id, version, status, name, created_at, created_by, published_at, published_by, \
         superseded_at, parameters, figures from plan where plan_id = ?",
    )
    .bind(id.0)
    .fetch_optional(connection)
    .await?;
    row.as_ref().map(read).transpose()
}

fn read(row: &SqliteRow) -> Result<Plan, StoreError> {
    let object = |at: usize| -> Result<Map<String, Json>, StoreError> {
        let text: String = row.try_get(at)?;
        serde_json::from_str(&text).map_err(|error| StoreError::Corrupt(format!("a plan's members: {error}")))
    };
    let maybe = |at: usize| row.try_get::<Option<i64>, _>(at)?.map(instant).transpose();
    let status: String = row.try_get(2)?;
    Ok(Plan {
        id: PlanId(row.try_get(0)?),
        version: row.try_get(1)?,
        status: Status::of(&status),
        name: row.try_get(3)?,
        created_at: instant(row.try_get(4)?)?,
        created_by: row.try_get(5)?,
        published_at: maybe(6)?,
        published_by: row.try_get(7)?,
        superseded_at: maybe(8)?,
        parameters: object(9)?,
        figures: object(10)?,
    })
}

async fn duties(connection: &mut SqliteConnection, id: PlanId) -> Result<Vec<Duty>, StoreError> {
    let rows: Vec<(i64, i64, f64, f64, f64, f64)> = sqlx::query_as(
        "select section_id, squad_id, patrol, shops, violations, other from plan_section where plan_id = ? \
         order by section_id",
    )
    .bind(id.0)
    .fetch_all(connection)
    .await?;
    let duty = |(section, squad, patrol, shops, violations, other)| Duty {
        section: FeatureId(section),
        squad: FeatureId(squad),
        minutes: Minutes { patrol, shops, violations, other },
    };
    Ok(rows.into_iter().map(duty).collect())
}

async fn beats(connection: &mut SqliteConnection, id: PlanId) -> Result<Vec<Beat>, StoreError> {
    let rows: Vec<(i64, f64, f64, i64)> = sqlx::query_as(
        "select section_id, from_share, to_share, assistant_id from plan_beat where plan_id = ? \
         order by section_id, from_share",
    )
    .bind(id.0)
    .fetch_all(connection)
    .await?;
    let beat = |(section, from_share, to_share, assistant)| Beat {
        section: FeatureId(section),
        from_share,
        to_share,
        assistant: FeatureId(assistant),
    };
    Ok(rows.into_iter().map(beat).collect())
}

async fn roll(connection: &mut SqliteConnection, id: PlanId) -> Result<Roll, StoreError> {
    let rows: Vec<(i64, i64)> =
        sqlx::query_as("select section_id, squad_id from plan_section where plan_id = ? order by section_id")
            .bind(id.0)
            .fetch_all(connection)
            .await?;
    Ok(Arc::new(rows.into_iter().map(|(section, squad)| (FeatureId(section), FeatureId(squad))).collect()))
}

async fn stamp(connection: &mut SqliteConnection) -> Result<i64, StoreError> {
    Ok(sqlx::query_scalar("select stamp from plan_stamp where plan_stamp_id = 1").fetch_one(connection).await?)
}

fn instant(microseconds: i64) -> Result<Timestamp, StoreError> {
    Timestamp::from_microsecond(microseconds).map_err(|error| StoreError::Corrupt(error.to_string()))
}
