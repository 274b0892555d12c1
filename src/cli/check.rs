//! `patrolmap check`.

use std::collections::BTreeMap;
use std::io::{BufWriter, Write};
use std::path::PathBuf;

use clap::Args;
use serde_json::{Map, Value as Json, json};

use crate::app::check::{Check, Finding, Report, streets};
use crate::cli::{Failure, Global};
use crate::domain::layer::Layer;
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
}

pub(super) async fn check(global: &Global, arguments: CheckArguments) -> Result<(), Failure> {
    let app = global.open(Mode::Existing, &[Layer::Jurisdictions, Layer::RoadSections]).await?;
    let report = streets(&app.snapshot());
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
    let ids: Vec<i64> = finding.sections.iter().map(|(id, _)| id.0).collect();
    let external: Vec<&Option<String>> = finding.sections.iter().map(|(_, external)| external).collect();
    json!({
        "type": "Feature",
        "geometry": { "type": "Point", "coordinates": place(finding) },
        "properties": {
            "check": finding.check.name(),
            "severity": severity(finding.check),
            "layer": Layer::RoadSections.name(),
            "ids": ids,
            "external_ids": external,
            "detail": finding.detail,
        },
    })
}

fn severity(check: Check) -> &'static str {
    if check.is_error() { "error" } else { "warning" }
}

/// On the grid of what is stored.
fn place(finding: &Finding) -> [f64; 2] {
    [finding.at.x, finding.at.y].map(|degrees| (degrees * 1e7).round() / 1e7)
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
    })
}

fn kilometres(metres: f64) -> f64 {
    (metres.round()) / 1e3
}

fn table(report: &Report, out: &mut impl Write) -> Result<(), Failure> {
    let mut table = csv::Writer::from_writer(out);
    let failed = |error: csv::Error| Failure::from(std::io::Error::from(error));
    table.write_record(["check", "severity", "lon", "lat", "ids", "detail"]).map_err(failed)?;
    for finding in &report.findings {
        let [lon, lat] = place(finding);
        let ids: Vec<String> = finding.sections.iter().map(|(id, _)| id.0.to_string()).collect();
        let (lon, lat, ids) = (lon.to_string(), lat.to_string(), ids.join(" "));
        table
            .write_record([finding.check.name(), severity(finding.check), &lon, &lat, &ids, &finding.detail])
            .map_err(failed)?;
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
