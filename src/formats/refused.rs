//! Features that were refused, given back beside their input with the reasons: mended, they can be imported again
//! with the same options.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use serde_json::{Map, Value as Json, json};

use crate::formats::Written;

/// Columns or properties that tell why; a later import passes over them.
pub const REASON: &str = "refused_because";
pub const PLACE: &str = "refused_place";

/// A file of refused features.
pub struct Refused {
    path: PathBuf,
    out: Sink,
    declared_crs: Option<String>,
}

enum Sink {
    Table(Box<csv::Writer<File>>),
    Lines(BufWriter<File>),
}

/// What is known of the input that features are given back of.
pub struct Origin<'a> {
    pub input: &'a Path,
    /// Of a table.
    pub columns: Option<&'a [String]>,
    /// The system that the input itself names.
    pub declared_crs: Option<&'a str>,
    /// Somebody named its encoding, and will again for what is given back.
    pub encoding_is_named: bool,
}

/// `cases.csv.gz` gives `cases.refused.csv`, `cases.geojson` gives `cases.refused.geojsonl`; `number` from 2 tells
/// further ones apart.
fn path_beside(input: &Path, is_table: bool, number: usize) -> PathBuf {
    let name = input.file_name().map_or_else(|| "input".into(), |name| name.to_string_lossy().into_owned());
    let name = name.strip_suffix(".gz").unwrap_or(&name);
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let stem = if stem.is_empty() { name } else { stem };
    let number = if number > 1 { format!(".{number}") } else { String::new() };
    input.with_file_name(format!("{stem}.refused{number}.{}", if is_table { "csv" } else { "geojsonl" }))
}

impl Refused {
    /// Starts the file; an older one of the same name is overwritten, but none that is `taken`: an input of the same
    /// import, or what is given back of one.
    ///
    /// Whatever encoding is named for the input, this is UTF-8: then it begins with a byte order mark, as tables always
    /// do, for spreadsheets.
    pub fn beside(origin: &Origin<'_>, taken: &[PathBuf]) -> io::Result<Self> {
        let taken: Vec<PathBuf> = taken.iter().filter_map(|path| path.canonicalize().ok()).collect();
        let is_taken = |path: &PathBuf| path.canonicalize().is_ok_and(|path| taken.contains(&path));
        // One more name than there are files in the way.
        let path = (1..=taken.len() + 1)
            .map(|number| path_beside(origin.input, origin.columns.is_some(), number))
            .find(|path| !is_taken(path))
            .ok_or_else(|| io::Error::from(io::ErrorKind::AlreadyExists))?;
        let mut file = File::create(&path)?;
        if origin.encoding_is_named || origin.columns.is_some() {
            file.write_all("\u{feff}".as_bytes())?;
        }
        let out = match origin.columns {
            None => Sink::Lines(BufWriter::new(file)),
            Some(columns) => {
                // A row may have more cells than the header.
                let mut table = csv::WriterBuilder::new().flexible(true).from_writer(file);
                let own = columns.iter().map(String::as_str).filter(|name| !is_ours(name));
                table.write_record(own.chain([PLACE, REASON])).map_err(io::Error::from)?;
                Sink::Table(Box::new(table))
            }
        };
        Ok(Self { path, out, declared_crs: origin.declared_crs.map(str::to_owned) })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn write(&mut self, written: Option<&Written>, place: &str, reason: &str) -> io::Result<()> {
        match (&mut self.out, written) {
            (Sink::Table(table), Some(Written::Row(cells))) => {
                table.write_record(cells.iter().map(String::as_str).chain([place, reason])).map_err(io::Error::from)
            }
            (Sink::Table(table), _) => table.write_record([place, reason]).map_err(io::Error::from),
            (Sink::Lines(lines), written) => {
                let text = match written {
                    Some(Written::Json(text)) => text.as_slice(),
                    _ => b"",
                };
                let mut feature = with_reason(text, place, reason);
                if let Some(name) = &self.declared_crs {
                    feature["crs"] = json!({ "type": "name", "properties": { "name": name } });
                }
                writeln!(lines, "{feature}")
            }
        }
    }

    pub fn finish(self) -> io::Result<()> {
        match self.out {
            Sink::Table(mut table) => table.flush(),
            Sink::Lines(mut lines) => lines.flush(),
        }
    }
}

/// Whether a column or property was put there by [`Refused`].
pub fn is_ours(name: &str) -> bool {
    name == REASON || name == PLACE
}

/// The feature with the reason among its properties; what is no object comes back as a text.
fn with_reason(text: &[u8], place: &str, reason: &str) -> Json {
    let Ok(Json::Object(mut feature)) = serde_json::from_slice(text) else {
        let text = String::from_utf8_lossy(text).into_owned();
        return json!({ "type": "Feature", "geometry": null,
            "properties": { "refused_text": text, PLACE: place, REASON: reason } });
    };
    let properties = feature.entry("properties").or_insert(Json::Null);
    if !properties.is_object() {
        *properties = Json::Object(Map::new());
    }
    properties[PLACE] = place.into();
    properties[REASON] = reason.into();
    Json::Object(feature)
}
