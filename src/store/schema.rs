//! Migrations, embedded, applied in order. A migration that has shipped is never edited.

use std::fs::File;
use std::path::Path;

use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};
use sqlx::sqlite::SqliteAutoVacuum;
use sqlx::{ConnectOptions, Connection, SqlSafeStr};

use crate::store::{StoreError, write_options};

const MIGRATIONS: &[(i64, &str, &str)] = &[
    (1, "map", include_str!("../../migrations/sqlite/0001_map.sql")),
    (2, "lineage", include_str!("../../migrations/sqlite/0002_lineage.sql")),
    (4, "patrol effort", include_str!("../../migrations/sqlite/0004_patrol_effort.sql")),
    (5, "plans", include_str!("../../migrations/sqlite/0005_plans.sql")),
];

/// Brings the schema up to date. One process at a time: a lock file stands beside the database.
pub(super) async fn migrate(directory: &Path, path: &Path) -> Result<(), StoreError> {
    let lock_path = directory.join("patrolmap.lock");
    let refused = |source| StoreError::Directory { path: lock_path.clone(), source };
    let lock = File::create(&lock_path).map_err(refused)?;
    // Held for milliseconds, and only while somebody opens the store.
    lock.lock().map_err(refused)?;
    let migrated = apply(path).await;
    drop(lock);
    migrated
}

async fn apply(path: &Path) -> Result<(), StoreError> {
    let damaged = |error: sqlx::Error| match StoreError::from(error) {
        StoreError::Corrupt(_) => StoreError::NotADatabase { path: path.to_owned() },
        other => other,
    };
    let options = write_options(path).create_if_missing(true).auto_vacuum(SqliteAutoVacuum::None);
    let mut connection = options.connect().await.map_err(damaged)?;
    let migrations = MIGRATIONS
        .iter()
        .map(|&(version, name, sql)| {
            Migration::new(version, name.into(), MigrationType::Simple, sql.into_sql_str(), false)
        })
        .collect();
    let result = Migrator::with_migrations(migrations).run_direct(None, &mut connection, false).await;
    connection.close().await.map_err(damaged)?;
    result.map_err(|error| match error {
        MigrateError::VersionMissing(_) | MigrateError::VersionMismatch(_) => StoreError::NewerSchema,
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => damaged(error),
        other => StoreError::Corrupt(other.to_string()),
    })
}
