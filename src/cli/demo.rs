//! `patrolmap demo`: the town of Qinzhou, drawn for demonstration, served from a directory of its own.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context;

use crate::app::import::{ImportRequest, import};
use crate::app::jobs::Monitor;
use crate::app::plan::propose;
use crate::app::plan::wish::Wish;
use crate::app::{App, Guard};
use crate::cli::serve::{ServeArguments, serve};
use crate::cli::{Failure, Global};
use crate::config::FILE_NAME;
use crate::domain::layer::Layer;
use crate::formats::open::OpenOptions;
use crate::store::Mode;

const DIRECTORY: &str = "patrolmap-demo";
const CONFIGURATION: &str = "# Local times of the demonstration.\ntimezone = \"Asia/Shanghai\"\n";

/// What is drawn of a layer: the name of its file, and the file.
type Drawn = (Layer, &'static str, &'static [u8]);

macro_rules! drawn {
    ($layer:expr, $file:literal) => {
        ($layer, $file, include_bytes!(concat!("../../data/qinzhou/", $file)))
    };
}

/// In the order in which they refer to each other.
const FILES: [Drawn; 10] = [
    drawn!(Layer::Jurisdictions, "jurisdictions.geojson"),
    drawn!(Layer::Squads, "squads.geojson"),
    drawn!(Layer::SquadZones, "squad-zones.geojson"),
    drawn!(Layer::RoadSections, "road-sections.geojson.gz"),
    drawn!(Layer::ParkingPoints, "parking-points.geojson"),
    drawn!(Layer::Shops, "shops.geojson.gz"),
    drawn!(Layer::VendingSites, "vending-sites.geojson"),
    drawn!(Layer::ConstructionSites, "construction-sites.geojson"),
    drawn!(Layer::Assistants, "assistants.geojson"),
    drawn!(Layer::Violations, "violations.geojson.gz"),
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
    for (layer, name, content) in FILES {
        if !app.snapshot().layer(layer).is_empty() {
            continue;
        }
        let file = sources.join(name);
        std::fs::write(&file, content).with_context(|| format!("cannot write {}", file.display()))?;
        let summary = import(&app, &demonstration(layer, file), &|_| ()).await?;
        eprintln!("{}: {} features drawn for demonstration", layer.name(), summary.created);
    }
    put_plan_in_force(&app).await?;
    app.close().await;
    Ok(())
}

/// A plan from the drawn streets, shops and violations, with the beats of the assistants, unless there is one.
async fn put_plan_in_force(app: &App) -> Result<(), Failure> {
    if !app.plans().await?.is_empty() {
        return Ok(());
    }
    let snapshot = app.snapshot();
    let monitor = Monitor::new(Duration::from_hours(1));
    let watched = monitor.clone();
    let wish = Wish { name: Some("首个方案".to_owned()), ..Wish::default() };
    let new = tokio::task::spawn_blocking(move || propose(&snapshot, &wish, &watched));
    let new = new.await.map_err(|_| anyhow::anyhow!("the solver broke off"))??;
    let plan = app.create_plan(new).await?;
    app.publish_plan(plan.id, Guard::Any).await?;
    let report = app.share_out(plan.id, &monitor).await?;
    eprintln!("plan {} is in force; {} assistants have their beats", plan.id.0, report["assistants"]);
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
