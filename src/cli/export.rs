//! `patrolmap export`.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;

use crate::app::export::{ExportRequest, export as run_export};
use crate::cli::{Failure, Global};
use crate::domain::layer::Layer;
use crate::formats::Format;
use crate::spatial::bbox;
use crate::spatial::crs::{Crs, WGS84};

#[derive(Args)]
pub(super) struct ExportArguments {
    #[arg(value_parser = super::layer)]
    layer: Layer,
    /// geojson, geojsonl or csv [default: as the file's name says, else geojson]
    #[arg(long, short, value_name = "F", value_parser = super::format)]
    format: Option<Format>,
    /// Write here instead of to stdout
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Coordinate system of the output
    #[arg(long, value_name = "C", default_value = "wgs84", value_parser = super::crs)]
    crs: Crs,
    /// Only features that share a point with the box west,south,east,north (degrees)
    #[arg(long, value_name = "W,S,E,N", allow_hyphen_values = true)]
    bbox: Option<String>,
}

pub(super) async fn export(global: &Global, arguments: ExportArguments) -> Result<(), Failure> {
    let windows = match &arguments.bbox {
        None => Vec::new(),
        Some(text) => bbox::parse(text, &WGS84).map_err(|error| Failure::Usage(format!("--bbox: {error}")))?,
    };
    let by_name = arguments
        .output
        .as_deref()
        .and_then(Path::extension)
        .and_then(|name| name.to_str())
        .and_then(Format::from_name);
    let format = arguments.format.or(by_name).unwrap_or(Format::GeoJson);
    let request = ExportRequest { layer: arguments.layer, format, crs: arguments.crs, windows };
    let count = match &arguments.output {
        None => run_export(global.directory(), &request, BufWriter::new(std::io::stdout().lock())).await?,
        Some(path) => export_to_file(global, &request, path).await?,
    };
    eprintln!("{count} features of {}", arguments.layer.name());
    Ok(())
}

/// A file is there whole or not at all.
async fn export_to_file(global: &Global, request: &ExportRequest, path: &Path) -> Result<u64, Failure> {
    let mut part = path.as_os_str().to_owned();
    part.push(".part");
    let part = PathBuf::from(part);
    let file = File::create(&part).with_context(|| format!("cannot write {}", part.display()))?;
    let mut out = BufWriter::new(file);
    let written = match run_export(global.directory(), request, &mut out).await {
        Ok(count) => out.flush().map(|()| count).map_err(Failure::from),
        Err(error) => Err(error.into()),
    };
    if written.is_err() {
        drop(std::fs::remove_file(&part));
        return written;
    }
    std::fs::rename(&part, path).with_context(|| format!("cannot write {}", path.display()))?;
    written
}
