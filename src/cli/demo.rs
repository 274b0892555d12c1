//! `patrolmap demo`: a small district, drawn for demonstration, served from a directory of its own.

use std::path::PathBuf;

use anyhow::Context;

use crate::app::import::{ImportRequest, import};
use crate::cli::serve::{ServeArguments, serve};
use crate::cli::{Failure, Global};
use crate::config::FILE_NAME;
use crate::domain::layer::Layer;
use crate::formats::open::OpenOptions;
use crate::store::Mode;

const DIRECTORY: &str = "patrolmap-demo";
const CONFIGURATION: &str = "# Local times of the demonstration.\ntimezone = \"Asia/Shanghai\"\n";

/// In the order in which they refer to each other.
const FILES: [(Layer, &str); 6] = [
    (Layer::Jurisdictions, include_str!("../../data/demo/jurisdictions.geojson")),
    (Layer::Squads, include_str!("../../data/demo/squads.geojson")),
    (Layer::SquadZones, include_str!("../../data/demo/squad-zones.geojson")),
    (Layer::RoadSections, include_str!("../../data/demo/road-sections.geojson")),
    (Layer::ParkingPoints, include_str!("../../data/demo/parking-points.geojson")),
    (Layer::Violations, include_str!("../../data/demo/violations.geojson")),
];

pub(super) async fn demo(global: &Global, arguments: ServeArguments) -> Result<(), Failure> {
    let directory = global.data.clone().unwrap_or_else(|| PathBuf::from(DIRECTORY));
    let global = Global { data: Some(directory.clone()), actor: global.actor.clone(), config: global.config.clone() };
    std::fs::create_dir_all(&directory).with_context(|| format!("cannot make {}", directory.display()))?;
    let configuration = directory.join(FILE_NAME);
    if !configuration.exists() {
        std::fs::write(&configuration, CONFIGURATION)
            .with_context(|| format!("cannot write {}", configuration.display()))?;
    }
    fill(&global).await?;
    serve(&global, arguments).await
}

/// Imports what is not there yet; a second start changes nothing.
async fn fill(global: &Global) -> Result<(), Failure> {
    let sources = global.directory().join("sources");
    std::fs::create_dir_all(&sources).with_context(|| format!("cannot make {}", sources.display()))?;
    let app = global.open(Mode::Create, &Layer::ALL).await?;
    for (layer, content) in FILES {
        if !app.snapshot().layer(layer).is_empty() {
            continue;
        }
        let file = sources.join(format!("{}.geojson", layer.name()));
        std::fs::write(&file, content).with_context(|| format!("cannot write {}", file.display()))?;
        let summary = import(&app, &demonstration(layer, file), &|_| ()).await?;
        eprintln!("{}: {} features drawn for demonstration", layer.name(), summary.created);
    }
    app.close().await;
    Ok(())
}

fn demonstration(layer: Layer, file: PathBuf) -> ImportRequest {
    ImportRequest {
        layer,
        files: vec![file],
        open: OpenOptions::default(),
        crs: None,
        map: Vec::new(),
        set: Vec::new(),
        timezone: None,
        skip_errors: false,
        dry_run: false,
        force: false,
    }
}
