//! The units that cases are counted on: road sections, or the cells of a lattice that stays where it is when data grow.

use std::sync::Arc;

use geo::{Coord, LineString, Polygon};

use crate::analysis::hotspots::lattice::{Block, Cell as LatticeCell, Lattice, Shape as CellShape};
use crate::analysis::hotspots::sections::OnSection;
use crate::analysis::hotspots::weights::Weights;
use crate::analysis::hotspots::{HotspotError, Position};
use crate::app::effort::Exposure;
use crate::app::hotspots::question::{Figure, HotspotsQuestion, Unit};
use crate::app::hotspots::town::Town;
use crate::app::selection::{Case, Cases};
use crate::app::texts::question;
use crate::app::{App, AppError};
use crate::domain::layer::Layer;
use crate::formats::sheet::{Cell, significant};
use crate::spatial::crs::Crs;
use crate::spatial::foot::plane_at;
use crate::spatial::shape::{Envelope, Shape};
use crate::world::Snapshot;

/// A lattice over the cases.
pub(crate) struct Grid {
    pub crs: Crs,
    pub lattice: Lattice,
    pub block: Block,
}

pub(crate) enum Ground {
    Sections(Arc<Town>),
    Grid(Box<Grid>),
}

/// Units with the cases on them. Slices of units have the same length; so have slices of cases.
pub(crate) struct Units {
    pub ground: Ground,
    /// The cases that are used, by id.
    pub cases: Vec<Case>,
    /// The unit of each.
    pub unit_of: Vec<u32>,
    /// Planar metres of each, in the frame of the units.
    pub positions: Vec<Position>,
    pub counts: Vec<u32>,
    /// Planar metres of each unit's middle.
    pub middles: Vec<Position>,
    /// Metres of section, or square metres of cell.
    pub sizes: Vec<f64>,
    /// Patrol effort on each section; none when cases are weighed against size.
    pub effort: Option<(Exposure, Vec<f64>)>,
}

/// A plane that touches the globe in the middle of an area. Within 20 km of it lengths err by less than 0.4 %: good for
/// kernels and circles, not for lengths that are told.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Frame {
    origin: Coord,
    scale: (f64, f64),
}

impl Frame {
    pub fn over(envelope: Envelope) -> Self {
        let origin = envelope.centre();
        Self { origin, scale: plane_at(origin.y) }
    }

    pub fn of(&self, at: Coord) -> Position {
        [(at.x - self.origin.x) * self.scale.0, (at.y - self.origin.y) * self.scale.1]
    }
}

/// The box round some places.
pub(crate) fn envelope_of<'a>(places: impl Iterator<Item = &'a Coord>) -> Envelope {
    let mut envelope = Envelope::EMPTY;
    places.for_each(|at| envelope.include(*at));
    envelope
}

impl Units {
    /// Counts the cases; those that have no unit are dropped in `cases` with the reason.
    pub fn new(
        app: &App,
        snapshot: &Snapshot,
        asked: &HotspotsQuestion,
        cases: &mut Cases,
        exposure: Option<Exposure>,
    ) -> Result<Self, AppError> {
        match asked.unit {
            Unit::Sections => Self::on_sections(app, snapshot, cases, exposure),
            Unit::Grid => Self::on_grid(snapshot, asked, cases),
        }
    }

    fn on_sections(
        app: &App,
        snapshot: &Snapshot,
        cases: &mut Cases,
        exposure: Option<Exposure>,
    ) -> Result<Self, AppError> {
        let Some(town) = app.0.towns.of(snapshot) else {
            let detail = "there are no road sections stored: import some (patrolmap import-osm), or ask with unit=grid";
            return Err(question("unit", detail));
        };
        let frame = Frame::over(envelope_of(town.middles.iter()));
        let mut counts = vec![0; town.len()];
        let (mut used, mut unit_of, mut positions) = (Vec::new(), Vec::new(), Vec::new());
        let mut without = 0;
        for case in &cases.all {
            match case.section.and_then(|id| town.number(id)) {
                None => without += 1,
                Some(section) => {
                    counts[section as usize] += 1;
                    used.push(*case);
                    unit_of.push(section);
                    positions.push(frame.of(case.place));
                }
            }
        }
        if without > 0 {
            cases.dropped.insert("no-section", without);
        }
        let effort = exposure.map(|exposure| {
            let amounts = town.ids.iter().map(|id| exposure.by_section.get(id).copied().unwrap_or(0.0)).collect();
            (exposure, amounts)
        });
        Ok(Self {
            cases: used,
            unit_of,
            positions,
            counts,
            middles: town.middles.iter().map(|at| frame.of(*at)).collect(),
            sizes: town.streets.lengths().to_vec(),
            effort,
            ground: Ground::Sections(town),
        })
    }

    fn on_grid(snapshot: &Snapshot, asked: &HotspotsQuestion, cases: &mut Cases) -> Result<Self, AppError> {
        let crs = match &asked.grid_crs {
            Some(name) => Crs::parse(name).map_err(|error| question("grid_crs", error.to_string()))?,
            None => utm_zone(snapshot, cases)?,
        };
        let lattice = Lattice::new(CellShape::Square, asked.cell_m, crs.name()).map_err(|error| refused(&error))?;
        let (mut used, mut positions) = (Vec::new(), Vec::new());
        let mut outside = 0;
        for case in &cases.all {
            match crs.from_wgs84(case.place.x, case.place.y) {
                Ok((x, y)) => {
                    used.push(*case);
                    positions.push([x, y]);
                }
                Err(_) => outside += 1,
            }
        }
        if outside > 0 {
            cases.dropped.insert("outside-grid-crs", outside);
        }
        let block = lattice.count(&positions).map_err(|error| refused(&error))?;
        let unit_of = positions
            .iter()
            .map(|at| {
                let cell = lattice.cell(*at);
                let (row, column) = (cell.row - block.first.row, cell.column - block.first.column);
                (row as usize * block.columns + column as usize) as u32
            })
            .collect();
        let cells = block.counts.len();
        Ok(Self {
            cases: used,
            unit_of,
            positions,
            counts: block.counts.clone(),
            middles: (0..cells).map(|index| lattice.centre(block.cell(index))).collect(),
            sizes: vec![lattice.area_m2(); cells],
            effort: None,
            ground: Ground::Grid(Box::new(Grid { crs, lattice, block })),
        })
    }

    pub fn len(&self) -> usize {
        self.counts.len()
    }

    pub fn town(&self) -> Option<&Town> {
        match &self.ground {
            Ground::Sections(town) => Some(town),
            Ground::Grid(_) => None,
        }
    }

    /// Units that touch: sections at a junction, cells at a side or a corner.
    pub fn touching(&self) -> Result<Arc<Weights>, HotspotError> {
        match &self.ground {
            Ground::Sections(town) => Ok(town.touching()),
            Ground::Grid(grid) => Ok(Arc::new(grid.lattice.neighbours(&grid.block)?)),
        }
    }

    /// Units within a distance: along the streets, or between middles of cells.
    pub fn band(&self, distance_m: f64) -> Result<Arc<Weights>, HotspotError> {
        match &self.ground {
            Ground::Sections(town) => town.band(distance_m),
            Ground::Grid(grid) => Ok(Arc::new(cells_within(&grid.block, grid.lattice.size_m, distance_m)?)),
        }
    }

    /// What cases are weighed against: patrol effort, else size.
    pub fn exposures(&self) -> &[f64] {
        self.effort.as_ref().map_or(&self.sizes, |(_, amounts)| amounts)
    }

    /// A usual reach in the plane, shorter where the units do not lie that far apart.
    pub fn reach_in_plane(&self, usual_m: f64) -> f64 {
        let span = |axis: usize| {
            let values = self.middles.iter().chain(&self.positions).map(|at| at[axis]);
            let (least, most) = values.fold((f64::MAX, f64::MIN), |(least, most), at| (least.min(at), most.max(at)));
            (most - least).max(0.0)
        };
        within(usual_m, span(0).hypot(span(1)))
    }

    /// The same along the streets.
    pub fn reach_along_streets(&self, usual_m: f64) -> f64 {
        within(usual_m, self.sizes.iter().sum())
    }

    /// Whether anybody looked at the unit, as far as is known.
    pub fn observed(&self, unit: usize) -> bool {
        self.effort.as_ref().is_none_or(|(_, amounts)| amounts[unit] > 0.0)
    }

    /// Counts or rates, as asked; 0 where nobody looked.
    pub fn values(&self, figure: Figure) -> Vec<f64> {
        let exposures = self.exposures();
        let value = |unit: usize| match figure {
            Figure::Count => f64::from(self.counts[unit]),
            Figure::Rate if exposures[unit] > 0.0 => f64::from(self.counts[unit]) / exposures[unit],
            Figure::Rate => 0.0,
        };
        (0..self.len()).map(value).collect()
    }

    /// Places of the used cases on their sections.
    pub fn places(&self) -> Option<Vec<OnSection>> {
        let town = self.town()?;
        self.cases.iter().map(|case| town.place(case)).collect()
    }

    /// Names of the cells that every row begins with.
    pub fn columns(&self) -> Vec<&'static str> {
        let mut columns = match &self.ground {
            Ground::Sections(_) => vec!["external_id", "name", "length_m", "count", "rate_per_100m"],
            Ground::Grid(_) => vec!["cell", "count", "rate_per_km2"],
        };
        if let Some((exposure, _)) = &self.effort {
            columns.extend(match exposure.measure {
                crate::app::effort::Measure::Minutes => ["effort_minutes", "rate_per_patrol_hour"],
                crate::app::effort::Measure::Passes => ["effort_passes", "rate_per_pass"],
            });
        }
        columns
    }

    /// The cells that a unit's row begins with.
    pub fn cells(&self, unit: usize) -> Vec<Cell> {
        let count = f64::from(self.counts[unit]);
        let mut cells: Vec<Cell> = match &self.ground {
            Ground::Sections(town) => vec![
                town.external_ids[unit].clone().into(),
                town.names[unit].clone().into(),
                significant(self.sizes[unit], 7).into(),
                self.counts[unit].into(),
                significant(count * 100.0 / self.sizes[unit], 6).into(),
            ],
            Ground::Grid(grid) => {
                let LatticeCell { row, column } = grid.block.cell(unit);
                let rate = significant(count * 1e6 / self.sizes[unit], 6);
                vec![format!("{column}:{row}").into(), self.counts[unit].into(), rate.into()]
            }
        };
        if let Some((exposure, amounts)) = &self.effort {
            let per = match exposure.measure {
                crate::app::effort::Measure::Minutes => 60.0,
                crate::app::effort::Measure::Passes => 1.0,
            };
            let amount = amounts[unit];
            cells.push(significant(amount, 7).into());
            cells.push((amount > 0.0).then(|| significant(count * per / amount, 6)).into());
        }
        cells
    }

    pub fn id(&self, unit: usize) -> Option<i64> {
        self.town().map(|town| town.ids[unit].0)
    }

    pub fn shape(&self, unit: usize) -> Option<Shape> {
        match &self.ground {
            Ground::Sections(town) => Some(town.shapes[unit].clone()),
            Ground::Grid(grid) => {
                let corners = grid.lattice.corners(grid.block.cell(unit));
                let ring: Option<Vec<Coord>> = corners
                    .iter()
                    .map(|[x, y]| grid.crs.to_wgs84(*x, *y).ok().map(|(x, y)| Coord { x: rounded(x), y: rounded(y) }))
                    .collect();
                Some(Shape::Polygon(Polygon::new(LineString(ring?), Vec::new())))
            }
        }
    }
}

/// Half of the extent where that is less than what is usual.
fn within(usual_m: f64, extent_m: f64) -> f64 {
    if extent_m > 0.0 { usual_m.min(extent_m / 2.0) } else { usual_m }
}

/// On the grid that is stored.
fn rounded(degrees: f64) -> f64 {
    (degrees * crate::spatial::shape::GRID).round() / crate::spatial::shape::GRID
}

/// Cells whose middles lie within a distance, both included; a cell is not its own neighbour.
fn cells_within(block: &Block, cell_m: f64, distance_m: f64) -> Result<Weights, HotspotError> {
    let reach = (distance_m / cell_m + 1e-9).floor() as i64;
    let near: Vec<(i64, i64)> = (-reach..=reach)
        .flat_map(|row| (-reach..=reach).map(move |column| (row, column)))
        .filter(|(row, column)| {
            let squared = (row * row + column * column) as f64 * cell_m * cell_m;
            squared > 0.0 && squared <= distance_m * distance_m * (1.0 + 1e-12)
        })
        .collect();
    let (rows, columns) = (block.rows as i64, block.columns as i64);
    let all: Vec<Vec<(u32, f64)>> = (0..rows * columns)
        .map(|index| {
            let (row, column) = (index / columns, index % columns);
            let inside = near.iter().map(|(up, right)| (row + up, column + right));
            inside
                .filter(|(row, column)| (0..rows).contains(row) && (0..columns).contains(column))
                .map(|(row, column)| ((row * columns + column) as u32, 1.0))
                .collect()
        })
        .collect();
    Weights::from_rows(&all)
}

/// The UTM zone of the jurisdiction, or of the cases where there is none.
fn utm_zone(snapshot: &Snapshot, cases: &Cases) -> Result<Crs, AppError> {
    let mut envelope = snapshot.layer(Layer::Jurisdictions).envelope();
    if snapshot.layer(Layer::Jurisdictions).is_empty() {
        envelope = envelope_of(cases.all.iter().map(|case| &case.place));
    }
    let Coord { x, y } = envelope.centre();
    let zone = (((x + 180.0) / 6.0).floor() as i64).rem_euclid(60) + 1;
    let code = if y < 0.0 { 32_700 + zone } else { 32_600 + zone };
    Crs::parse(&format!("EPSG:{code}")).map_err(|error| question("grid_crs", error.to_string()))
}

/// A question that cannot be answered as it was asked.
pub(crate) fn refused(error: &HotspotError) -> AppError {
    let name = match error {
        HotspotError::LargerThanCity { .. } => "bandwidth_m",
        HotspotError::TooMany { what: "cells", .. } => "cell_m",
        HotspotError::Alpha(_) => "alpha",
        _ => "method",
    };
    question(name, error.to_string())
}
