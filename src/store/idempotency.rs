//! Answers kept for a day, so that a repeated request gets the same one.

use jiff::{SignedDuration, Timestamp};
use sqlx::{Row, SqliteConnection};

use crate::domain::moment::later;
use crate::store::StoreError;

/// The answer to a request that carried a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remembered {
    /// Of what was asked: another body under the same key is a mistake.
    pub digest: Vec<u8>,
    pub status: u16,
    pub location: Option<String>,
    pub etag: Option<String>,
    pub body: Vec<u8>,
}

const KEPT: SignedDuration = SignedDuration::from_hours(24);

pub(super) async fn get(connection: &mut SqliteConnection, key: &str) -> Result<Option<Remembered>, StoreError> {
    let row = sqlx::query("select digest, status, location, etag, body from idempotency where key = ?")
        .bind(key)
        .fetch_optional(connection)
        .await?;
    row.map(|row| {
        Ok(Remembered {
            digest: row.try_get(0)?,
            status: row.try_get::<i64, _>(1)? as u16,
            location: row.try_get(2)?,
            etag: row.try_get(3)?,
            body: row.try_get(4)?,
        })
    })
    .transpose()
}

/// Keeps an answer, and lets go of those that are older than a day.
pub(super) async fn put(
    connection: &mut SqliteConnection,
    key: &str,
    answer: &Remembered,
    at: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query("delete from idempotency where created_at < ?")
        .bind(later(at, -KEPT).as_microsecond())
        .execute(&mut *connection)
        .await?;
    sqlx::query(
        "insert into idempotency (key, digest, status, location, etag, body, created_at) values (?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(key)
    .bind(&answer.digest)
    .bind(i64::from(answer.status))
    .bind(&answer.location)
    .bind(&answer.etag)
    .bind(&answer.body)
    .bind(at.as_microsecond())
    .execute(connection)
    .await?;
    Ok(())
}
