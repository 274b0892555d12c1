//! `patrolmap import`.

use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use encoding_rs::Encoding;
use indicatif::{ProgressBar, ProgressStyle};

use crate::app::import::effort::{EffortRequest, import_effort};
use crate::app::import::{ImportRequest, Summary, import as run_import, layers_needed};
use crate::cli::{Failure, Global};
use crate::domain::layer::Layer;
use crate::formats::Format;
use crate::formats::csv::GeometryColumns;
use crate::formats::open::OpenOptions;
use crate::formats::text::encoding_named;
use crate::store::Mode;

#[derive(Args)]
pub(super) struct ImportArguments {
    /// A layer, or patrol-effort: a table of section, from, to, minutes and/or passes
    #[arg(value_name = "LAYER", value_parser = target)]
    target: Target,
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Coordinate system of the files: wgs84, cgcs2000, gcj02, bd09 or EPSG:n [default: what the file says, else wgs84]
    #[arg(long, value_name = "C")]
    crs: Option<String>,
    /// Columns of a table that hold the position, e.g. lon,lat
    #[arg(long, value_name = "X,Y", conflicts_with = "wkt", value_parser = column_pair)]
    xy: Option<(String, String)>,
    /// Column of a table that holds the geometry as well-known text
    #[arg(long, value_name = "COLUMN")]
    wkt: Option<String>,
    /// Take a property from another name; may be repeated
    #[arg(long, value_name = "TARGET=SOURCE")]
    map: Vec<String>,
    /// Set a property of every feature; may be repeated
    #[arg(long, value_name = "TARGET=VALUE")]
    set: Vec<String>,
    /// Time zone of local times, e.g. Asia/Shanghai [default: the configured one]
    #[arg(long, value_name = "ZONE")]
    tz: Option<String>,
    /// Format of the files, where name and content do not tell: geojson, geojsonl, csv
    #[arg(long, value_name = "F", value_parser = super::format)]
    format: Option<Format>,
    /// Encoding of the files, where they do not show it: utf-8, gb18030, utf-16le, big5 ... [default: found out]
    #[arg(long, value_name = "E", value_parser = encoding_named)]
    encoding: Option<&'static Encoding>,
    /// What to do with a feature that cannot be taken
    #[arg(long, value_enum, default_value_t = OnError::Stop)]
    on_error: OnError,
    /// Say what would change, change nothing
    #[arg(long)]
    dry_run: bool,
    /// Take features that look misplaced
    #[arg(long)]
    force: bool,
}

/// Where to.
#[derive(Clone, Copy)]
enum Target {
    Layer(Layer),
    PatrolEffort,
}

const PATROL_EFFORT: &str = "patrol-effort";

fn target(name: &str) -> Result<Target, String> {
    if name == PATROL_EFFORT {
        return Ok(Target::PatrolEffort);
    }
    super::layer(name).map(Target::Layer).map_err(|error| format!("{error}; or {PATROL_EFFORT}"))
}

#[derive(Clone, Copy, ValueEnum)]
enum OnError {
    /// Store nothing at all
    Stop,
    /// Leave it out, and write it beside the input with the reason
    Skip,
}

fn column_pair(text: &str) -> Result<(String, String), String> {
    match text.split_once(',') {
        Some((x, y)) if !x.trim().is_empty() && !y.trim().is_empty() && !y.contains(',') => {
            Ok((x.trim().to_owned(), y.trim().to_owned()))
        }
        _ => Err("name two columns with a comma between, e.g. lon,lat".to_owned()),
    }
}

pub(super) async fn import(global: &Global, arguments: ImportArguments) -> Result<(), Failure> {
    for file in &arguments.files {
        if let Err(error) = std::fs::metadata(file) {
            return Err(Failure::Failed(anyhow::anyhow!("cannot open {}: {error}", file.display())));
        }
    }
    let layer = match arguments.target {
        Target::Layer(layer) => layer,
        Target::PatrolEffort => return effort(global, arguments).await,
    };
    let request = ImportRequest {
        layer,
        files: arguments.files,
        open: OpenOptions {
            format: arguments.format,
            columns: GeometryColumns { xy: arguments.xy, wkt: arguments.wkt },
            encoding: arguments.encoding,
            keep_written: false,
        },
        crs: arguments.crs,
        map: arguments.map,
        set: arguments.set,
        timezone: arguments.tz,
        skip_errors: matches!(arguments.on_error, OnError::Skip),
        dry_run: arguments.dry_run,
        force: arguments.force,
    };
    let app = global.open(Mode::Create, &layers_needed(request.layer)).await?;
    let bar = progress_bar();
    let outcome = run_import(&app, &request, &|read| bar.set_position(read)).await;
    bar.finish_and_clear();
    app.close().await;
    tell(request.layer.name(), request.dry_run, &outcome?)
}

async fn effort(global: &Global, arguments: ImportArguments) -> Result<(), Failure> {
    let request = EffortRequest {
        files: arguments.files,
        open: OpenOptions { format: arguments.format, encoding: arguments.encoding, ..OpenOptions::default() },
        map: arguments.map,
        set: arguments.set,
        timezone: arguments.tz,
        skip_errors: matches!(arguments.on_error, OnError::Skip),
        dry_run: arguments.dry_run,
    };
    let app = global.open(Mode::Existing, &[Layer::RoadSections]).await?;
    let bar = progress_bar();
    let outcome = import_effort(&app, &request, &|read| bar.set_position(read)).await;
    bar.finish_and_clear();
    app.close().await;
    tell(PATROL_EFFORT, request.dry_run, &outcome?)
}

pub(super) fn progress_bar() -> ProgressBar {
    let bar = ProgressBar::new_spinner();
    bar.set_style(
        ProgressStyle::with_template("{spinner} {pos} features read, {per_sec}")
            .unwrap_or_else(|_| ProgressStyle::default_spinner()),
    );
    bar.enable_steady_tick(Duration::from_millis(100));
    bar
}

/// The summary to stdout, what was refused to stderr.
fn tell(what: &str, dry_run: bool, summary: &Summary) -> Result<(), Failure> {
    for refusal in &summary.refusals {
        eprintln!("{}, {}: {}", refusal.file.display(), refusal.place, refusal.reason);
    }
    let told = summary.refusals.len() as u64;
    if summary.refused > told {
        eprintln!("... and {} more", summary.refused - told);
    }
    if summary.stopped {
        eprintln!("nothing was stored: mend the input, or leave such features out with --on-error skip");
        return Err(Failure::Told);
    }
    for path in &summary.given_back {
        eprintln!(
            "refused features, with their reasons: {}: mend it and import it with the same options",
            path.display()
        );
    }
    for error in &summary.not_given_back {
        eprintln!("refused features could not be written beside the input: {error}");
    }
    write_summary(what, dry_run, summary, &mut std::io::stdout().lock())?;
    let taken = summary.created + summary.updated + summary.unchanged;
    if summary.refused > 0 && taken == 0 && summary.redrawn.is_none() {
        eprintln!("every feature was refused: nothing was stored");
        return Err(Failure::Told);
    }
    Ok(())
}

pub(super) fn write_summary(
    layer: &str,
    dry_run: bool,
    summary: &Summary,
    out: &mut impl Write,
) -> std::io::Result<()> {
    let would = if dry_run { " would be" } else { "" };
    writeln!(
        out,
        "{}:{would} {} created, {} updated, {} unchanged, {} refused",
        layer, summary.created, summary.updated, summary.unchanged, summary.refused
    )?;
    let vanished = &summary.vanished;
    if let Some(redrawn) = &summary.redrawn {
        writeln!(out, "  {} zones in force: {}", redrawn.zones, redrawn.detail)?;
        for note in &redrawn.notes {
            writeln!(out, "  the draft: {note}")?;
        }
    } else if summary.created + summary.updated == 0 && !(vanished.removed && vanished.count > 0) {
        writeln!(out, "  nothing changes")?;
    }
    let counts = [
        (summary.outside_jurisdiction, "lie outside every jurisdiction and are flagged"),
        (summary.without_section, "have no road section within reach and are flagged"),
        (summary.heights_dropped, "had heights, which were dropped"),
        (summary.times_twice, "local times occur twice: the earlier instant was taken"),
        (summary.times_skipped, "local times are skipped by the clock: the later instant was taken"),
        (summary.serial_dates, "times were a spreadsheet's day numbers"),
        (summary.superseded, "were split or merged here since, and are left as they are"),
    ];
    for (count, sentence) in counts {
        if count > 0 {
            writeln!(out, "  {count} {sentence}")?;
        }
    }
    for (path, encoding) in &summary.encodings {
        writeln!(out, "  {} is in {encoding}", path.display())?;
    }
    if !summary.titled.is_empty() {
        let titled: Vec<String> = summary.titled.iter().map(|(column, name)| format!("{column} as {name}")).collect();
        writeln!(out, "  columns taken by their title: {}", titled.join(", "))?;
    }
    if vanished.count > 0 {
        let more = if vanished.count > vanished.first.len() as u64 { " ..." } else { "" };
        let fate = match (vanished.removed, dry_run) {
            (true, true) => "would be removed",
            (true, false) => "were removed",
            (false, _) => "are kept: --prune removes them",
        };
        let (count, first) = (vanished.count, vanished.first.join(", "));
        writeln!(out, "  {count} of an earlier extract are not in this one and {fate}: {first}{more}")?;
    }
    if !summary.undeclared.is_empty() {
        let names: Vec<String> = summary.undeclared.iter().map(|(name, count)| format!("{name} ({count})")).collect();
        writeln!(out, "  undeclared properties, kept: {}", names.join(", "))?;
    }
    if !summary.never_met.is_empty() {
        writeln!(out, "  no feature had what --map names: {}", summary.never_met.join(", "))?;
    }
    Ok(())
}
