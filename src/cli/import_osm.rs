//! `patrolmap import-osm`.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;

use crate::app::import::osm::{OsmRequest, OsmSummary, import_osm as run_import, layers_needed};
use crate::cli::import::{progress_bar, write_summary};
use crate::cli::{Failure, Global};
use crate::domain::layer::Layer;
use crate::store::Mode;

#[derive(Args)]
pub(super) struct OsmArguments {
    #[arg(value_name = "FILE.osm.pbf")]
    file: PathBuf,
    /// Areas (GeoJSON); what touches none of them is left out
    #[arg(long, value_name = "FILE.geojson")]
    boundary: Option<PathBuf>,
    /// Remove what came with an earlier extract and is not in this one
    #[arg(long)]
    prune: bool,
    /// Say what would change, change nothing
    #[arg(long)]
    dry_run: bool,
    /// Take what lies far outside every jurisdiction
    #[arg(long)]
    force: bool,
}

pub(super) async fn import_osm(global: &Global, arguments: OsmArguments) -> Result<(), Failure> {
    for file in std::iter::once(&arguments.file).chain(&arguments.boundary) {
        if let Err(error) = std::fs::metadata(file) {
            return Err(Failure::Failed(anyhow::anyhow!("cannot open {}: {error}", file.display())));
        }
    }
    let request = OsmRequest {
        file: arguments.file,
        boundary: arguments.boundary,
        prune: arguments.prune,
        dry_run: arguments.dry_run,
        force: arguments.force,
    };
    let app = global.open(Mode::Create, &layers_needed()).await?;
    let bar = progress_bar();
    let outcome = run_import(&app, &request, &|read| bar.set_position(read)).await;
    bar.finish_and_clear();
    app.close().await;
    tell(&request, &outcome?)
}

fn tell(request: &OsmRequest, summary: &OsmSummary) -> Result<(), Failure> {
    for part in [&summary.sections, &summary.parking] {
        for refusal in &part.refusals {
            eprintln!("{}, {}: {}", refusal.file.display(), refusal.place, refusal.reason);
        }
        if part.stopped {
            eprintln!("nothing was stored, neither sections nor parking points");
            return Err(Failure::Told);
        }
    }
    let mut out = std::io::stdout().lock();
    write_summary(Layer::RoadSections.name(), request.dry_run, &summary.sections, &mut out)?;
    write_summary(Layer::ParkingPoints.name(), request.dry_run, &summary.parking, &mut out)?;
    let counts = [
        (summary.outside_boundary, "streets and parking points touch no boundary and were left out"),
        (summary.missing_nodes, "nodes are not in the extract: the ways through them are cut there"),
        (summary.areas_as_points, "areas of parking are no valid polygons: their centroids were taken"),
    ];
    for (count, sentence) in counts.into_iter().filter(|(count, _)| *count > 0) {
        writeln!(out, "{count} {sentence}")?;
    }
    for network in &summary.networks {
        writeln!(
            out,
            "{}: {:.1} km, largest piece {:.1} km, {} islands of {:.1} km",
            network.profile.name(),
            network.km,
            network.largest_km,
            network.islands,
            network.islands_km
        )?;
    }
    writeln!(out, "Map data (c) OpenStreetMap contributors, Open Database License 1.0")?;
    Ok(())
}
