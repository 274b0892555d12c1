//! A layer into a file, straight from the store, as of one moment.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;

use crate::app::AppError;
use crate::domain::feature::{Feature, FeatureId};
use crate::domain::layer::Layer;
use crate::formats::Format;
use crate::formats::writer::{WriteError, Writer};
use crate::spatial::crs::Crs;
use crate::spatial::shape::Envelope;
use crate::spatial::window;
use crate::store::{Mode, ReadTx, Store};

const PAGE: usize = 4096;

pub struct ExportRequest {
    pub layer: Layer,
    pub format: Format,
    pub crs: Crs,
    /// Features that share a point with any; all when empty.
    pub windows: Vec<Envelope>,
}

/// Writes the layer's features by id; answers how many. Memory stays bounded by a page.
pub async fn export(directory: &Path, request: &ExportRequest, out: impl Write) -> Result<u64, AppError> {
    let store = Store::open(directory, Mode::Existing).await?;
    let mut tx = store.read().await?;
    let extras = if request.format == Format::Csv { extra_names(&mut tx, request).await? } else { Vec::new() };
    let mut writer = Writer::new(out, request.format, request.layer, request.crs.clone(), extras).map_err(output)?;
    let mut count = 0;
    let mut after = FeatureId(0);
    while let Some(page) = next_page(&mut tx, request.layer, &mut after).await? {
        for feature in page.iter().filter(|feature| wanted(feature, request)) {
            writer.write(feature).map_err(output)?;
            count += 1;
        }
    }
    writer.finish().map_err(output)?;
    Ok(count)
}

fn wanted(feature: &Feature, request: &ExportRequest) -> bool {
    request.windows.is_empty()
        || feature
            .geometry
            .as_ref()
            .is_some_and(|shape| request.windows.iter().any(|window| window::intersects(shape, *window)))
}

/// The columns of a table beyond the declared ones.
async fn extra_names(tx: &mut ReadTx, request: &ExportRequest) -> Result<Vec<String>, AppError> {
    let mut names = BTreeSet::new();
    let mut after = FeatureId(0);
    while let Some(page) = next_page(tx, request.layer, &mut after).await? {
        for feature in page.iter().filter(|feature| wanted(feature, request)) {
            names.extend(feature.extras.keys().cloned());
        }
    }
    Ok(names.into_iter().collect())
}

async fn next_page(tx: &mut ReadTx, layer: Layer, after: &mut FeatureId) -> Result<Option<Vec<Feature>>, AppError> {
    let page = tx.load_page(layer, *after, PAGE).await?;
    let Some(last) = page.last() else { return Ok(None) };
    *after = last.id;
    Ok(Some(page))
}

fn output(error: WriteError) -> AppError {
    match error {
        WriteError::Io(error) => AppError::Output(error),
        WriteError::Crs(error) => AppError::Configuration(error.to_string()),
    }
}
