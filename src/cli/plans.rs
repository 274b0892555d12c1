//! `patrolmap assign` and `patrolmap plans`: proposing, looking, comparing, publishing, dropping.

use std::collections::BTreeMap;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, anyhow};
use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Map, Value as Json};

use crate::app::jobs::Monitor;
use crate::app::plan::rotation::{BeatsMode, BeatsWish};
use crate::app::plan::wish::{From, SquadRow, Wish};
use crate::app::plan::{NewPlan, propose, summary};
use crate::app::{App, Guard};
use crate::cli::{Failure, Global};
use crate::domain::feature::Feature;
use crate::domain::layer::Layer;
use crate::domain::plan::{Duty, PlanId};
use crate::formats::geojson::write_geometry;
use crate::spatial::crs::WGS84;
use crate::store::Mode;

/// A command may work this long.
const PATIENCE: Duration = Duration::from_hours(24);

#[derive(Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub(super) struct AssignArguments {
    /// Squads by a table with the columns code, strength, lon, lat [default: the stored active area and township squads]
    #[arg(long, value_name = "FILE")]
    squads: Option<PathBuf>,
    /// Property of road sections with minutes of work a day [default: worked out from streets, shops and violations]
    #[arg(long, value_name = "PROPERTY")]
    workload: Option<String>,
    /// From scratch, even where a plan is in force
    #[arg(long)]
    fresh: bool,
    /// The plan in force, squads changing places: by lot, unless --takes says who
    #[arg(long, conflicts_with_all = ["fresh", "squads"])]
    rotate: bool,
    /// With --rotate: the first squad takes the sections of the second; repeat it for others
    #[arg(long = "takes", value_name = "CODE=CODE", requires = "rotate")]
    takes: Vec<String>,
    /// People on duty of a squad, where it is not its strength, e.g. YQ=14; repeat it for others
    #[arg(long = "strength", value_name = "CODE=N")]
    strengths: Vec<String>,
    /// Largest share of all work that may change hands
    #[arg(long, value_name = "SHARE")]
    max_handover: Option<f64>,
    /// Largest number of squads that gain or lose sections
    #[arg(long, value_name = "N")]
    max_squads: Option<usize>,
    /// Share of its target by which a squad's load may differ [default: 0.02]
    #[arg(long, value_name = "SHARE")]
    band: Option<f64>,
    #[arg(long, value_name = "N", default_value_t = 0, help = "The same number gives the same plan")]
    seed: u64,
    /// Name of the plan
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Keep it as a draft
    #[arg(long)]
    save: bool,
    /// Put it in force
    #[arg(long)]
    publish: bool,
    #[arg(long, short, value_name = "F", value_enum, default_value_t = FormName::Geojson, help = "geojson or csv")]
    format: FormName,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FormName {
    Geojson,
    Csv,
}

#[derive(Args)]
pub(super) struct PlansArguments {
    #[command(subcommand)]
    command: Option<PlansCommand>,
}

#[derive(Subcommand)]
enum PlansCommand {
    /// All plans, newest first
    List,
    /// A plan: score sheet, bounds, what it changes
    Show { plan: i64 },
    /// What a plan changes against another [default: the one in force]
    Compare { plan: i64, with: Option<i64> },
    /// Put a plan in force; an old one again: roll back
    Publish { plan: i64 },
    /// Share the sections of each squad out among its assistants
    Beats {
        plan: i64,
        /// The beats stay: assistants change places within their squads, by lot
        #[arg(long)]
        rotate: bool,
        /// With --rotate: the first takes the beat of the second; repeat it for others
        #[arg(long = "takes", value_name = "CODE=CODE", requires = "rotate")]
        takes: Vec<String>,
        #[arg(
            long,
            value_name = "N",
            default_value_t = 0,
            help = "With --rotate: the same number draws the same lots"
        )]
        seed: u64,
        /// With --rotate: assistants with posts change places, too
        #[arg(long, requires = "rotate")]
        move_posts: bool,
    },
    /// The walk of an assistant (id or code) as GPX
    Route { plan: i64, assistant: String },
    /// Forget a draft
    Drop { plan: i64 },
}

pub(super) async fn assign(global: &Global, arguments: AssignArguments) -> Result<(), Failure> {
    let wish = wish(&arguments)?;
    let app = global.open(Mode::Existing, &Layer::ALL).await?;
    let snapshot = app.snapshot();
    let monitor = Monitor::new(PATIENCE);
    let new = {
        let snapshot = snapshot.clone();
        let work = tokio::task::spawn_blocking(move || propose(&snapshot, &wish, &monitor));
        work.await.map_err(|_| anyhow!("the solver broke off"))??
    };
    let duties = new.duties.clone();
    let figures = new.figures.clone();
    let mut plan = Json::Object(figures);
    if arguments.save || arguments.publish {
        plan = kept(&app, new, arguments.publish).await?;
    } else {
        plan["parameters"] = Json::Object(new.parameters);
    }
    let mut out = BufWriter::new(std::io::stdout().lock());
    let sections = app.snapshot();
    let codes = codes(&plan);
    if arguments.format == FormName::Csv {
        write_table(&mut out, &sections, &duties, &codes)?;
    } else {
        write_features(&mut out, &sections, &duties, &codes, &plan)?;
    }
    out.flush()?;
    drop(out);
    app.close().await;
    Ok(())
}

fn wish(arguments: &AssignArguments) -> Result<Wish, Failure> {
    let mut members = Map::new();
    let mut set = |name: &str, value: Option<Json>| value.map(|value| members.insert(name.to_owned(), value));
    set("name", arguments.name.clone().map(Json::from));
    set("workload", arguments.workload.clone().map(Json::from));
    set("seed", Some(arguments.seed.into()));
    set("band", finite("--band", arguments.band)?.map(Json::from));
    let mut limits = Map::new();
    limits.extend(
        finite("--max-handover", arguments.max_handover)?.map(|share| ("max_handover_share".to_owned(), share.into())),
    );
    limits.extend(arguments.max_squads.map(|count| ("max_squads_touched".to_owned(), count.into())));
    set("limits", Some(Json::Object(limits)));
    let mut wish = Wish::read(Json::Object(members))?;
    wish.from = match (arguments.fresh, arguments.rotate) {
        (true, _) => From::Fresh,
        (_, true) => From::Rotate,
        _ => From::Published,
    };
    wish.permutation = pairs("--takes", &arguments.takes)?;
    for text in &arguments.strengths {
        let wrong = || Failure::Usage(format!("--strength: '{text}' is not of the form CODE=N"));
        let (code, number) = text.split_once('=').ok_or_else(wrong)?;
        let number = finite("--strength", Some(number.trim().parse().map_err(|_| wrong())?))?.unwrap_or_default();
        if wish.strengths.insert(code.trim().to_owned(), number).is_some() {
            return Err(Failure::Usage(format!("--strength: '{text}' names a squad a second time")));
        }
    }
    if let Some(file) = &arguments.squads {
        wish.table = table(file)?;
    }
    Ok(wish)
}

fn finite(option: &str, number: Option<f64>) -> Result<Option<f64>, Failure> {
    match number {
        Some(number) if !number.is_finite() => {
            Err(Failure::Usage(format!("{option}: {number} is no number to reckon with")))
        }
        number => Ok(number),
    }
}

/// Codes with other codes beside them.
fn pairs(option: &str, texts: &[String]) -> Result<BTreeMap<String, String>, Failure> {
    let mut pairs = BTreeMap::new();
    for text in texts {
        let wrong = |detail: &str| Failure::Usage(format!("{option}: '{text}' {detail}"));
        let (first, second) = text.split_once('=').ok_or_else(|| wrong("is not of the form CODE=CODE"))?;
        if pairs.insert(first.trim().to_owned(), second.trim().to_owned()).is_some() {
            return Err(wrong("names somebody a second time"));
        }
    }
    Ok(pairs)
}

/// Reads a table of squads.
fn table(file: &Path) -> Result<Vec<SquadRow>, Failure> {
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_path(file)
        .with_context(|| format!("cannot read {}", file.display()))?;
    let headers = reader.headers().with_context(|| format!("cannot read {}", file.display()))?.clone();
    let place = |name: &str| headers.iter().position(|own| own.trim_start_matches('\u{feff}') == name);
    let (Some(code), Some(strength)) = (place("code"), place("strength")) else {
        return Err(Failure::Failed(anyhow!(
            "{}: the columns code and strength are needed (and lon, lat)",
            file.display()
        )));
    };
    let mut rows = Vec::new();
    for (at, record) in reader.records().enumerate() {
        let line = at + 2;
        let record = record.with_context(|| format!("{}: line {line}", file.display()))?;
        let number = |place: Option<usize>, name: &str| -> Result<Option<f64>, Failure> {
            let text = place.and_then(|place| record.get(place)).filter(|text| !text.is_empty());
            text.map(|text| text.parse::<f64>().ok().filter(|number| number.is_finite()))
                .map(|number| {
                    number.ok_or_else(|| anyhow!("{}: line {line}: {name} is not a number", file.display()).into())
                })
                .transpose()
        };
        let needed = || Failure::Failed(anyhow!("{}: line {line}: strength is missing", file.display()));
        let code = record.get(code).unwrap_or_default().to_owned();
        if rows.iter().any(|row: &SquadRow| row.code == code) {
            return Err(Failure::Failed(anyhow!(
                "{}: line {line}: squad '{code}' stands a second time",
                file.display()
            )));
        }
        rows.push(SquadRow {
            code,
            strength: number(Some(strength), "strength")?.ok_or_else(needed)?,
            base: number(place("lon"), "lon")?.zip(number(place("lat"), "lat")?).map(|(lon, lat)| [lon, lat]),
        });
    }
    Ok(rows)
}

/// Stores the draft, and puts it in force when that is wanted.
async fn kept(app: &App, new: NewPlan, publish: bool) -> Result<Json, Failure> {
    if let Some(duty) = new.duties.iter().find(|duty| duty.squad.0 <= 0) {
        let detail = format!(
            "section {} goes to a squad of the table that is not stored: import the squads first",
            duty.section.0
        );
        return Err(Failure::Failed(anyhow!(detail)));
    }
    let plan = app.create_plan(new).await?;
    if publish {
        app.publish_plan(plan.id, Guard::Any).await?;
        eprintln!("plan {} is in force", plan.id.0);
    } else {
        eprintln!("plan {} is a draft", plan.id.0);
    }
    let mut document = app.plan_document(plan.id).await?;
    let figures = document.as_object_mut().and_then(|members| members.shift_remove("figures"));
    if let (Some(Json::Object(figures)), Some(members)) = (figures, document.as_object_mut()) {
        members.extend(figures);
    }
    Ok(document)
}

type Codes = Vec<(i64, String)>;

fn codes(plan: &Json) -> Codes {
    let squads = plan["squads"].as_array().map_or(&[][..], Vec::as_slice);
    squads.iter().filter_map(|row| Some((row["squad_id"].as_i64()?, row["code"].as_str()?.to_owned()))).collect()
}

/// What is told of a section.
struct Told {
    section: Feature,
    squad_id: Option<i64>,
    squad_code: Option<String>,
    load_min: f64,
}

fn told(snapshot: &crate::world::Snapshot, duty: &Duty, codes: &Codes) -> Option<Told> {
    Some(Told {
        section: snapshot.layer(Layer::RoadSections).get(duty.section)?,
        squad_id: Some(duty.squad.0).filter(|id| *id > 0),
        squad_code: codes.iter().find(|(id, _)| *id == duty.squad.0).map(|(_, code)| code.clone()),
        load_min: (duty.minutes.total() * 100.0).round() / 100.0,
    })
}

fn write_features(
    out: &mut impl Write,
    snapshot: &crate::world::Snapshot,
    duties: &[Duty],
    codes: &Codes,
    plan: &Json,
) -> Result<(), Failure> {
    out.write_all(b"{\"type\":\"FeatureCollection\",\"features\":[")?;
    for (at, told) in duties.iter().filter_map(|duty| told(snapshot, duty, codes)).enumerate() {
        let mut line = if at > 0 { b",\n".to_vec() } else { b"\n".to_vec() };
        line.extend_from_slice(format!(r#"{{"type":"Feature","id":{},"geometry":"#, told.section.id.0).as_bytes());
        if let Some(shape) = &told.section.geometry {
            write_geometry(shape, &WGS84, &mut line).map_err(|error| anyhow!(error))?;
        }
        let properties = serde_json::json!({
            "external_id": told.section.external_id,
            "name": told.section.value(Layer::RoadSections, "name").text(),
            "squad_code": told.squad_code,
            "squad_id": told.squad_id,
            "load_min": told.load_min,
        });
        line.extend_from_slice(format!(r#","properties":{properties}}}"#).as_bytes());
        out.write_all(&line)?;
    }
    Ok(writeln!(out, "\n],\"plan\":{plan}}}")?)
}

fn write_table(
    out: &mut impl Write,
    snapshot: &crate::world::Snapshot,
    duties: &[Duty],
    codes: &Codes,
) -> Result<(), Failure> {
    let mut table = csv::Writer::from_writer(out);
    let failed = |error: csv::Error| anyhow!(error).context("cannot write the output");
    table.write_record(["id", "external_id", "name", "squad_code", "squad_id", "load_min"]).map_err(failed)?;
    for told in duties.iter().filter_map(|duty| told(snapshot, duty, codes)) {
        let name = told.section.value(Layer::RoadSections, "name").text().unwrap_or_default().to_owned();
        let squad_id = told.squad_id.map_or_else(String::new, |id| id.to_string());
        let row = [
            told.section.id.0.to_string(),
            told.section.external_id.unwrap_or_default(),
            name,
            told.squad_code.unwrap_or_default(),
            squad_id,
            told.load_min.to_string(),
        ];
        table.write_record(&row).map_err(failed)?;
    }
    Ok(table.flush()?)
}

pub(super) async fn plans(global: &Global, arguments: PlansArguments) -> Result<(), Failure> {
    let app = global.open(Mode::Existing, &Layer::ALL).await?;
    match arguments.command.unwrap_or(PlansCommand::List) {
        PlansCommand::List => list(&app).await?,
        PlansCommand::Show { plan } => print(&app.plan_document(PlanId(plan)).await?)?,
        PlansCommand::Compare { plan, with } => {
            let in_force = app.snapshot().owners().in_force().map(|term| term.plan);
            let with = with.map(PlanId).or(in_force);
            let with =
                with.ok_or_else(|| Failure::Usage("no plan is in force: name one to compare with".to_owned()))?;
            print(&app.compare_plans(PlanId(plan), with).await?)?;
        }
        PlansCommand::Publish { plan } => {
            app.publish_plan(PlanId(plan), Guard::Any).await?;
            eprintln!("plan {plan} is in force");
        }
        PlansCommand::Beats { plan, rotate: false, .. } => {
            print(&app.share_out(PlanId(plan), &Monitor::new(PATIENCE)).await?)?;
        }
        PlansCommand::Beats { plan, rotate: true, takes, seed, move_posts } => {
            let permutation = pairs("--takes", &takes)?;
            let wish = BeatsWish { mode: BeatsMode::Rotate, permutation, seed, keep_posts: !move_posts };
            print(&app.rotate_beats(PlanId(plan), &wish).await?)?;
        }
        PlansCommand::Route { plan, assistant } => {
            write!(std::io::stdout(), "{}", app.beat_route(PlanId(plan), &assistant).await?.gpx())?;
        }
        PlansCommand::Drop { plan } => {
            app.drop_plan(PlanId(plan), &Guard::Any).await?;
            eprintln!("plan {plan} is dropped");
        }
    }
    app.close().await;
    Ok(())
}

async fn list(app: &App) -> Result<(), Failure> {
    let owners = app.snapshot().owners().clone();
    let mut out = std::io::stdout().lock();
    writeln!(out, "plan\tstatus\tcreated_at\tpublished_at\tmax_deviation\thandover_share\tname")?;
    for plan in app.plans().await? {
        let told = summary(&owners, &plan);
        let cell = |name: &str| match &told[name] {
            Json::Null => String::new(),
            Json::String(text) => text.clone(),
            other => other.to_string(),
        };
        let cells = ["id", "status", "created_at", "published_at", "max_deviation", "handover_share", "name"].map(cell);
        writeln!(out, "{}", cells.join("\t"))?;
    }
    Ok(())
}

fn print(json: &Json) -> Result<(), Failure> {
    Ok(writeln!(std::io::stdout(), "{json:#}")?)
}
