//! Durable truth: one SQLite file. sqlx and SQL live here only.
//!
//! The file is `<directory>/patrolmap.db`, in WAL mode with `synchronous=FULL`: what is acknowledged is on the disk.
//! One connection writes, a few read; other processes may do both beside us.

mod error;
mod schema;
mod bulk;
mod columns;
mod wkb;
mod read;
mod write;
mod derivation;
mod effort;
mod idempotency;
mod lineage;
mod plan;
mod stage;
mod watch;
mod upkeep;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, SqlitePool};
use tokio::sync::Mutex;

pub use derivation::Derivation;
pub use effort::EffortWritten;
pub use error::StoreError;
pub use idempotency::Remembered;
pub use lineage::Resection;
pub use read::{Change, HistoryEntry, Operation, ReadTx};
pub use stage::{Conflict, Published, Rederive, Stage, Staged};
pub use upkeep::Fault;
pub use watch::DataVersionWatcher;
pub use write::WriteTx;

/// Name of the database inside the data directory.
pub const FILE_NAME: &str = "patrolmap.db";

/// A bulk publication of another process may hold the write lock for some seconds.
const WRITER_PATIENCE: Duration = Duration::from_mins(1);
const READER_PATIENCE: Duration = Duration::from_secs(5);
const READERS: u32 = 4;

/// Whether a store may be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    Create,
    /// It must be there.
    Existing,
}

/// A handle on one store. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    path: PathBuf,
    readers: SqlitePool,
    writer: Arc<Mutex<write::Writer>>,
}

impl Store {
    /// Opens or makes the store in `directory` and brings its schema up to date.
    pub async fn open(directory: &Path, mode: Mode) -> Result<Self, StoreError> {
        let path = directory.join(FILE_NAME);
        if mode == Mode::Existing && !path.is_file() {
            return Err(StoreError::Missing { path });
        }
        std::fs::create_dir_all(directory)
            .map_err(|source| StoreError::Directory { path: directory.to_owned(), source })?;
        schema::migrate(directory, &path).await?;
        let writer = write::Writer::new(write_options(&path).connect().await?);
        let readers = SqlitePoolOptions::new()
            .max_connections(READERS)
            .acquire_timeout(Duration::from_secs(30))
            .connect_lazy_with(options(&path, READER_PATIENCE).pragma("query_only", "on"));
        Ok(Self { path, readers, writer: Arc::new(Mutex::new(writer)) })
    }

    /// The database file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Ends all connections. The last to leave takes the write-ahead log with it.
    pub async fn close(&self) {
        self.readers.close().await;
    }
}

fn options(path: &Path, patience: Duration) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(false)
        .foreign_keys(true)
        .busy_timeout(patience)
        .statement_cache_capacity(200)
        .row_buffer_size(1024)
        .disable_statement_logging()
}

fn write_options(path: &Path) -> SqliteConnectOptions {
    options(path, WRITER_PATIENCE)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        // A rollback journal on disk for savepoints would cost a file each; temporary tables of a stage do not fit in memory.
        .pragma("temp_store", "file")
        .pragma("journal_size_limit", "67108864")
}
