//! `patrolmap backup` and `patrolmap restore`.

use std::path::Path;

use anyhow::{Context, anyhow};

use crate::app::AppError;
use crate::cli::{Failure, Global};
use crate::store::{FILE_NAME, Mode, Store};

pub(super) async fn backup(global: &Global, file: &Path) -> Result<(), Failure> {
    if file.exists() {
        return Err(Failure::Failed(anyhow!("{} is there already: name another file", file.display())));
    }
    let store = Store::open(global.directory(), Mode::Existing).await.map_err(AppError::from)?;
    let mut part = file.as_os_str().to_owned();
    part.push(".part");
    let part = Path::new(&part);
    drop(std::fs::remove_file(part));
    let written = store.backup(part).await.map_err(AppError::from);
    if let Err(error) = written {
        drop(std::fs::remove_file(part));
        return Err(error.into());
    }
    std::fs::rename(part, file).with_context(|| format!("cannot write {}", file.display()))?;
    eprintln!("the store was copied to {}", file.display());
    Ok(())
}

/// Takes a backup in only where no store is, and only if it is sound.
pub(super) async fn restore(global: &Global, file: &Path) -> Result<(), Failure> {
    let directory = global.directory();
    let target = directory.join(FILE_NAME);
    if target.exists() {
        return Err(Failure::Failed(anyhow!(
            "there is a store at {} already: move it away, or name another directory with --data",
            target.display()
        )));
    }
    std::fs::create_dir_all(directory).with_context(|| format!("cannot make {}", directory.display()))?;
    let trial = tempfile_in(directory)?;
    let restored = try_restore(file, &trial, &target).await;
    drop(std::fs::remove_dir_all(&trial));
    restored?;
    eprintln!("the store was restored to {}", target.display());
    Ok(())
}

/// The copy is opened and checked in a directory of its own before it takes the store's name.
async fn try_restore(file: &Path, trial: &Path, target: &Path) -> Result<(), Failure> {
    let copy = trial.join(FILE_NAME);
    std::fs::copy(file, &copy).with_context(|| format!("cannot read {}", file.display()))?;
    let store = Store::open(trial, Mode::Existing)
        .await
        .map_err(|_| anyhow!("{} is not a backup of patrolmap", file.display()))?;
    let faults = store.check().await.map_err(AppError::from)?;
    store.close().await;
    drop(store);
    if let Some(fault) = faults.first() {
        return Err(Failure::Failed(anyhow!("{} is damaged: {}", file.display(), fault.0)));
    }
    std::fs::File::open(&copy).and_then(|copy| copy.sync_all()).context("cannot write the store")?;
    std::fs::rename(&copy, target).with_context(|| format!("cannot write {}", target.display()))?;
    Ok(())
}

fn tempfile_in(directory: &Path) -> Result<std::path::PathBuf, Failure> {
    let path = directory.join(format!(".restore-{}", std::process::id()));
    std::fs::create_dir_all(&path).with_context(|| format!("cannot make {}", path.display()))?;
    Ok(path)
}
