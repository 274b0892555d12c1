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
}

enum Sink {
    Table(Box<csv::Writer<File>>),
    Lines(BufWriter<File>),
}

/// `cases.csv.gz` gives `cases.refused.csv`, `cases.geojson` gives `cases.refused.geojsonl`.
pub fn path_beside(input: &Path, is_table: bool) -> PathBuf {
    let name = input.file_name().map_or_else(|| "input".into(), |name| name.to_string_lossy().into_owned());
    let name = name.strip_suffix(".gz").unwrap_or(&name);
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let stem = if stem.is_empty() { name } else { stem };
    input.with_file_name(format!("{stem}.refused.{}", if is_table { "csv" } else { "geojsonl" }))
}

impl Refused {
    /// Starts the file; an older one of the same name is overwritten. `columns` are those of a table.
    pub fn beside(input: &Path, columns: Option<&[String]>) -> io::Result<Self> {
        let path = path_beside(input, columns.is_some());
        let file = File::create(&path)?;
        let out = match columns {
            None => Sink::Lines(BufWriter::new(file)),
            Some(columns) => {
                // A row may have more cells than the header.
                let mut table = csv::WriterBuilder::new().flexible(true).from_writer(file);
                let own = columns.iter().map(String::as_str).filter(|name| !is_ours(name));
                table.write_record(own.chain([PLACE, REASON])).map_err(io::Error::from)?;
                Sink::Table(Box::new(table))
            }
        };
        Ok(Self { path, out })
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
                writeln!(lines, "{}", with_reason(text, place, reason))
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
