//! Reads the files on a thread of its own, so that reading and storing go side by side.

use std::collections::BTreeMap;
use std::path::Path;

use jiff::tz::TimeZone;
use tokio::sync::mpsc;

use crate::app::import::{BATCH, ImportRequest, Item, Opened, Parcel};
use crate::app::settings::read_zone;
use crate::app::{App, AppError};
use crate::domain::draft::{self, FieldError, Rules};
use crate::domain::layer::Layer;
use crate::formats::csv::type_extras;
use crate::formats::mapping::Mapping;
use crate::formats::open::{OpenOptions, open};
use crate::formats::refused::{PLACE, REASON};
use crate::formats::{FormatError, Located, Source, Written};
use crate::spatial::crs::Crs;

/// Heaviest batch, bytes: large features go in small batches.
const HEAVIEST: usize = 16 << 20;

pub(super) struct Reader {
    app: App,
    request: ImportRequest,
    mapping: Mapping,
    zone: TimeZone,
}

impl Reader {
    pub fn new(app: &App, request: &ImportRequest) -> Result<Self, AppError> {
        let zone = match &request.timezone {
            None => app.0.zone.clone(),
            Some(name) => read_zone(name).map_err(usage)?,
        };
        let mapping = Mapping::parse(&request.map, &request.set)?;
        if let Some(name) = &request.crs {
            Crs::parse(name).map_err(|error| usage(error.to_string()))?;
        }
        Ok(Self { app: app.clone(), request: request.clone(), mapping, zone })
    }

    pub fn run(mut self, parcels: &mpsc::Sender<Parcel>) {
        for file in 0..self.request.files.len() {
            if let Err(error) = self.read(file, parcels) {
                // Nobody listens any more when the import has stopped.
                drop(parcels.blocking_send(Parcel::Failed(error)));
                return;
            }
        }
        let never_met = self.mapping.never_met().into_iter().map(str::to_owned).collect();
        drop(parcels.blocking_send(Parcel::End { never_met }));
    }

    fn read(&mut self, file: usize, parcels: &mpsc::Sender<Parcel>) -> Result<(), AppError> {
        let path = self.request.files[file].clone();
        let keep_written = self.request.skip_errors && !self.request.dry_run;
        let options = OpenOptions { keep_written, ..self.request.open.clone() };
        let Source { features, declared_crs, columns, encoding } =
            open(&path, &options).map_err(|error| in_file(&path, error))?;
        let crs = self.crs(declared_crs.as_deref())?;
        let mut mapping = self.mapping.clone();
        let titled = match &columns {
            None => BTreeMap::new(),
            Some(columns) => self.columns(&path, columns, &mut mapping)?,
        };
        let is_row = columns.is_some();
        let encoding_is_named = options.encoding.is_some();
        let opened = Opened { file, crs: crs.clone(), columns, declared_crs, encoding, encoding_is_named, titled };
        if parcels.blocking_send(Parcel::Opened(opened)).is_err() {
            return Ok(());
        }
        let app = self.app.clone();
        let rules = Rules {
            zone: &self.zone.clone(),
            catalogue: &app.0.catalogue,
            scheme: &app.0.settings.category_scheme,
            crs: &crs,
            id_is_external: true,
        };
        let mut items = Vec::with_capacity(BATCH);
        let mut held = 0;
        for feature in features {
            held += weight(&feature);
            let item = match feature {
                Ok(located) => {
                    let mut raw = located.raw;
                    raw.properties.shift_remove(REASON);
                    raw.properties.shift_remove(PLACE);
                    mapping.apply(&mut raw);
                    if is_row {
                        type_extras(self.request.layer, &mut raw);
                    }
                    let read = draft::read(self.request.layer, raw, &rules);
                    Item { file, place: located.place, read, is_row, written: located.written }
                }
                Err(FormatError::Feature { place, detail, written }) => {
                    Item { file, place, read: Err(vec![FieldError::new("", detail)]), is_row, written }
                }
                Err(error) => return Err(in_file(&path, error)),
            };
            items.push(item);
            if items.len() == BATCH || held > HEAVIEST {
                held = 0;
                let batch = std::mem::replace(&mut items, Vec::with_capacity(BATCH));
                if parcels.blocking_send(Parcel::Items(batch)).is_err() {
                    return Ok(());
                }
            }
        }
        self.mapping.meet(&mapping);
        drop(parcels.blocking_send(Parcel::Items(items)));
        Ok(())
    }

    /// Checks `--map` against the columns and takes columns that bear a property's title for the property.
    fn columns(
        &self,
        path: &Path,
        columns: &[String],
        mapping: &mut Mapping,
    ) -> Result<BTreeMap<String, String>, AppError> {
        let missing = mapping.missing_from(columns);
        if let Some(name) = missing.first() {
            return Err(AppError::Format(FormatError::Usage(format!(
                "{}: there is no column '{name}' for --map: the table has {}",
                path.display(),
                columns.join(", ")
            ))));
        }
        let titled = titled(self.request.layer, columns);
        let taken = titled.into_iter().filter(|(column, property)| mapping.add(property, column));
        Ok(taken.collect())
    }

    fn crs(&self, declared: Option<&str>) -> Result<Crs, AppError> {
        match (&self.request.crs, declared) {
            (Some(name), _) => Crs::parse(name).map_err(|error| usage(error.to_string())),
            (None, Some(name)) => Crs::parse(name).map_err(|error| {
                usage(format!("the file names its coordinate system, but {error}; --crs overrides it"))
            }),
            (None, None) => Ok(Crs::default()),
        }
    }
}

/// About how many bytes a feature takes up.
fn weight(feature: &Result<Located, FormatError>) -> usize {
    let of_written = |written: &Option<Box<Written>>| match written.as_deref() {
        None => 0,
        Some(Written::Json(text)) => text.len(),
        Some(Written::Row(cells)) => cells.iter().map(|cell| cell.len() + size_of::<String>()).sum(),
    };
    match feature {
        Ok(located) => located.raw.weight() + of_written(&located.written),
        Err(FormatError::Feature { detail, written, .. }) => detail.len() + of_written(written),
        Err(_) => 0,
    }
}

/// Columns whose name is the title of a property that no column is named after, in Chinese or English.
fn titled(layer: Layer, columns: &[String]) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for property in layer.declaration().properties.iter().filter(|property| !property.computed) {
        if columns.iter().any(|column| column == property.name) {
            continue;
        }
        let mut alike = columns
            .iter()
            .filter(|column| *column == property.title_zh || column.eq_ignore_ascii_case(property.title_en));
        if let (Some(column), None) = (alike.next(), alike.next()) {
            found.insert(column.clone(), property.name.to_owned());
        }
    }
    found
}

pub(super) fn usage(sentence: String) -> AppError {
    AppError::Format(FormatError::Usage(sentence))
}

/// Says in which file it was.
pub(super) fn in_file(path: &Path, error: FormatError) -> AppError {
    AppError::Format(match error {
        FormatError::Broken { place, detail } if place == "the file" => {
            FormatError::Broken { place: path.display().to_string(), detail }
        }
        FormatError::Broken { place, detail } => {
            FormatError::Broken { place: format!("{}, {place}", path.display()), detail }
        }
        // Features are told with their file by the summary; where one cannot be left out, it breaks the file.
        FormatError::Feature { place, detail, .. } => {
            FormatError::Broken { place: format!("{}, {place}", path.display()), detail }
        }
        FormatError::Read { place, source } => {
            FormatError::Read { place: format!("{}, {place}", path.display()), source }
        }
        other => other,
    })
}
