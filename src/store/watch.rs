//! Noticing that another process has written.

use std::time::Duration;

use sqlx::{ConnectOptions, SqliteConnection};

use crate::store::{READER_PATIENCE, Store, StoreError, options};

/// Well under the tenth of a second that followers are promised.
const EVERY: Duration = Duration::from_millis(40);

/// Watches SQLite's `data_version`, which moves when another connection commits.
pub struct DataVersionWatcher {
    connection: SqliteConnection,
    last: i64,
}

impl Store {
    pub async fn watch(&self) -> Result<DataVersionWatcher, StoreError> {
        let mut connection = options(&self.path, READER_PATIENCE).connect().await?;
        let last = version(&mut connection).await?;
        Ok(DataVersionWatcher { connection, last })
    }
}

impl DataVersionWatcher {
    /// Returns after a commit by any other connection since the last call. Cost: a microsecond every 40 ms.
    pub async fn changed(&mut self) -> Result<(), StoreError> {
        loop {
            let now = version(&mut self.connection).await?;
            if now != self.last {
                self.last = now;
                return Ok(());
            }
            tokio::time::sleep(EVERY).await;
        }
    }
}

async fn version(connection: &mut SqliteConnection) -> Result<i64, StoreError> {
    Ok(sqlx::query_scalar("pragma data_version").fetch_one(connection).await?)
}
