//! What can go wrong with the store; SQLite's codes and constraint names end here.

use std::path::PathBuf;

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("there is no store at {}: import something or run serve first, or name another directory with --data", path.display())]
    Missing { path: PathBuf },
    #[error("cannot make the directory {}", path.display())]
    Directory { path: PathBuf, source: std::io::Error },
    #[error("{} is not a store of patrolmap, or it is damaged: restore a backup", path.display())]
    NotADatabase { path: PathBuf },
    #[error("the store was written by a newer version of patrolmap: use that version")]
    NewerSchema,
    #[error("the external id is taken")]
    ExternalIdTaken { external_id: Option<String> },
    #[error("the {property} is taken")]
    CodeTaken { property: String },
    #[error("a reference leads nowhere, or others refer to this feature")]
    Referenced,
    #[error("the constraint {constraint} does not hold")]
    Check { constraint: String },
    #[error("the disk is full")]
    DiskFull,
    #[error("the store is locked by another process")]
    Busy,
    #[error("the store is damaged: {0}")]
    Corrupt(String),
    #[error("the database failed")]
    Other(#[source] sqlx::Error),
}

/// SQLite result codes that have a meaning for us (low byte of the extended code).
const BUSY: i32 = 5;
const LOCKED: i32 = 6;
const IO_ERROR: i32 = 10;
const CORRUPT: i32 = 11;
const FULL: i32 = 13;
const CONSTRAINT: i32 = 19;
const NOT_A_DATABASE: i32 = 26;

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        let Some(database) = error.as_database_error() else { return Self::Other(error) };
        let code: i32 = database.code().and_then(|code| code.parse().ok()).unwrap_or(0);
        match code & 0xFF {
            BUSY | LOCKED => Self::Busy,
            FULL => Self::DiskFull,
            // A write that the file system refuses: in practice no room for it.
            IO_ERROR if matches!(code >> 8, 3 | 4 | 6 | 19 | 21) => Self::DiskFull,
            CORRUPT | NOT_A_DATABASE => Self::Corrupt(database.message().to_owned()),
            CONSTRAINT => of_constraint(database.message()),
            _ => Self::Other(error),
        }
    }
}

/// Maps a violated constraint by its name: `CHECK constraint failed: squad_zone_validity`,
/// `UNIQUE constraint failed: squad.code`.
fn of_constraint(message: &str) -> StoreError {
    let name = message.rsplit(": ").next().unwrap_or(message);
    if message.starts_with("FOREIGN KEY") {
        return StoreError::Referenced;
    }
    if message.starts_with("UNIQUE") {
        let column = name.rsplit('.').next().unwrap_or(name).to_owned();
        return match column.as_str() {
            "external_id" => StoreError::ExternalIdTaken { external_id: None },
            _ => StoreError::CodeTaken { property: column },
        };
    }
    StoreError::Check { constraint: name.to_owned() }
}
