//! `patrolmap check`.

use std::collections::BTreeMap;
use std::io::{BufWriter, Write};
use std::path::PathBuf;

use clap::Args;
use geo::Coord;
use jiff::Timestamp;
use serde_json::{Map, Value as Json, json};

use crate::app::check::{Check, Finding, LAYERS, Report, Tiling, look};
use crate::cli::{Failure, Global};
use crate::domain::moment::read_instant;
use crate::formats::Format;
use crate::store::Mode;

#[derive(Args)]
pub(super) struct CheckArguments {
    /// geojson, geojsonl or csv
    #[arg(short, long, value_name = "F", default_value = "geojson", value_parser = super::format)]
    format: Format,
    /// Where to write; stdout when not given
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Look at the zones that are in force then; now when not given
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
}

pub(super) async fn check(global: &Global, arguments: CheckArguments) -> Result<(), Failure> {
    let app = global.open(Mode::Existing, &LAYERS).await?;
    let at = match &arguments.at {
        None => Timestamp::now(),
        Some(text) => read_instant(text, app.zone()).map_err(|error| Failure::Usage(format!("--at {error}")))?.at,
    };
    let report = look(&app.snapshot(), at);
    app.close().await;
    let out: Box<dyn Write> = match &arguments.output {
        None => Box::new(std::io::stdout().lock()),
        Some(path) => Box::new(std::fs::File::create(path)?),
    };
    let mut out = BufWriter::new(out);
    match arguments.format {
        Format::GeoJson => writeln!(out, "{}", collection(&report))?,
        Format::GeoJsonSeq => {
            for finding in &report.findings {
                writeln!(out, "{}", feature(finding))?;
            }
        }
        Format::Csv => table(&report, &mut out)?,
    }
    out.flush()?;
    tell(&report);
    Ok(())
}

fn feature(finding: &Finding) -> Json {
    let ids: Vec<i64> = finding.features.iter().map(|(id, _)| id.0).collect();
    let external: Vec<&Option<String>> = finding.features.iter().map(|(_, external)| external).collect();
    let mut properties = json!({
        "check": finding.check.name(),
        "severity": severity(finding.check),
        "layer": finding.layer.name(),
        "ids": ids,
        "external_ids": external,
        "detail": finding.detail,
    });
    let geometry = match &finding.ground {
        None => json!({ "type": "Point", "coordinates": place(finding) }),
        Some((piece, m2)) => {
            properties["area_m2"] = json!(millimetres(*m2));
            let rings = std::iter::once(piece.exterior()).chain(piece.interiors());
            let rings: Vec<Vec<[f64; 2]>> = rings.map(|ring| ring.0.iter().map(|at| rounded(*at)).collect()).collect();
            json!({ "type": "Polygon", "coordinates": rings })
        }
    };
    json!({ "type": "Feature", "geometry": geometry, "properties": properties })
}

fn millimetres(m2: f64) -> f64 {
    (m2 * 1e3).round() / 1e3
}

fn severity(check: Check) -> &'static str {
    if check.is_error() { "error" } else { "warning" }
}

/// On the grid of what is stored.
fn place(finding: &Finding) -> [f64; 2] {
    rounded(finding.at)
}

fn rounded(at: Coord) -> [f64; 2] {
    [at.x, at.y].map(|degrees| (degrees * 1e7).round() / 1e7)
}

fn collection(report: &Report) -> Json {
    let networks: Map<String, Json> = report
        .networks
        .iter()
        .map(|(profile, pieces)| {
            let figures = json!({
                "km": kilometres(pieces.metres),
                "largest_piece_km": kilometres(pieces.largest_m()),
                "islands": pieces.islands(),
            });
            (profile.name().to_owned(), figures)
        })
        .collect();
    json!({
        "type": "FeatureCollection",
        "features": report.findings.iter().map(feature).collect::<Vec<_>>(),
        "sections": report.sections,
        "networks": networks,
        "zones": report.tiling.as_ref().map(zones),
    })
}

fn zones(tiling: &Tiling) -> Json {
    json!({
        "jurisdiction_m2": millimetres(tiling.jurisdiction_m2),
        "zones_m2": millimetres(tiling.zones_m2),
        "gaps_m2": millimetres(tiling.gaps_m2),
        "overlaps_m2": millimetres(tiling.overlaps_m2),
        "miss": tiling.miss(),
    })
}

fn kilometres(metres: f64) -> f64 {
    (metres.round()) / 1e3
}

fn table(report: &Report, out: &mut impl Write) -> Result<(), Failure> {
    let mut table = csv::Writer::from_writer(out);
    let failed = |error: csv::Error| Failure::from(std::io::Error::from(error));
    table.write_record(["check", "severity", "layer", "lon", "lat", "area_m2", "ids", "detail"]).map_err(failed)?;
    for finding in &report.findings {
        let [lon, lat] = place(finding);
        let ids: Vec<String> = finding.features.iter().map(|(id, _)| id.0.to_string()).collect();
        let (lon, lat, ids) = (lon.to_string(), lat.to_string(), ids.join(" "));
        let area = finding.ground.as_ref().map_or(String::new(), |(_, m2)| millimetres(*m2).to_string());
        let (check, severity, layer) = (finding.check.name(), severity(finding.check), finding.layer.name());
        table.write_record([check, severity, layer, &lon, &lat, &area, &ids, &finding.detail]).map_err(failed)?;
    }
    Ok(table.flush()?)
}

/// Counts and figures to stderr.
fn tell(report: &Report) {
    let mut counts: BTreeMap<Check, usize> = BTreeMap::new();
    for finding in &report.findings {
        *counts.entry(finding.check).or_insert(0) += 1;
    }
    eprintln!("{} road sections, {} findings", report.sections, report.findings.len());
    for (check, count) in counts {
        eprintln!("  {}: {count}", check.name());
    }
    if let Some(tiling) = &report.tiling {
        let km2 = |m2: f64| m2 / 1e6;
        eprintln!(
            "zones: {:.3} km2 of {:.3} km2, gaps {:.1} m2, overlaps {:.1} m2; the sum misses by {:.0e}",
            km2(tiling.zones_m2),
            km2(tiling.jurisdiction_m2),
            tiling.gaps_m2,
            tiling.overlaps_m2,
            tiling.miss()
        );
    }
    for (profile, pieces) in &report.networks {
        eprintln!(
            "{}: {:.1} km, largest piece {:.1} km, {} islands",
            profile.name(),
            pieces.metres / 1e3,
            pieces.largest_m() / 1e3,
            pieces.islands()
        );
    }
}
