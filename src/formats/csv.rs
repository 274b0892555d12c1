//! Tables: comma, semicolon, tab or bar between cells, geometry in two columns or as well-known text.

use std::collections::HashSet;
use std::io::Read;

use csv::{ReaderBuilder, StringRecord};
use serde_json::{Map, Value as Json};

use crate::domain::draft::{Given, RawFeature};
use crate::domain::layer::Layer;
use crate::domain::reading::comma_hint;
use crate::formats::refused::is_ours;
use crate::formats::rows::{Lines, Rows};
use crate::formats::{FormatError, Located, Written, wkt};
use crate::spatial::raw::{RawGeometry, RawPosition};

/// Where a table keeps its geometry, as the user says.
#[derive(Debug, Clone, Default)]
pub struct GeometryColumns {
    pub xy: Option<(String, String)>,
    pub wkt: Option<String>,
}

/// Pairs of columns that are taken for a position when nothing is said.
const PAIRS: &[(&str, &str)] =
    &[("lon", "lat"), ("longitude", "latitude"), ("lng", "lat"), ("x", "y"), ("经度", "纬度")];
const TEXTS: &[&str] = &["wkt", "geometry", "geom", "the_geom"];

enum Geometry {
    None,
    Xy(usize, usize),
    Wkt(usize),
}

pub struct TableReader<R: Read> {
    rows: csv::Reader<Rows<R>>,
    columns: Vec<String>,
    geometry: Geometry,
    row: StringRecord,
    lines: Lines,
    done: bool,
    keep_written: bool,
}

/// Opens a table. `head` is its first bytes, from which the delimiter is guessed.
pub fn open_table<R: Read>(
    input: R,
    head: &[u8],
    wanted: &GeometryColumns,
    keep_written: bool,
) -> Result<TableReader<R>, FormatError> {
    let delimiter = delimiter(head);
    let input = Rows::new(input, delimiter);
    let lines = input.lines();
    let mut rows = ReaderBuilder::new().delimiter(delimiter).flexible(true).from_reader(input);
    let headers = rows.headers().map_err(broken)?.clone();
    let columns: Vec<String> =
        headers.iter().map(|name| name.trim().trim_start_matches('\u{feff}').to_owned()).collect();
    if columns.iter().all(String::is_empty) {
        return Err(FormatError::Broken {
            place: "line 1".to_owned(),
            detail: "the table has no header row".to_owned(),
        });
    }
    if let Some(name) = twice(&columns) {
        return Err(FormatError::Broken {
            place: "the header".to_owned(),
            detail: format!("two columns are called '{name}': rename one of them, or take it out"),
        });
    }
    let geometry = find_geometry(&columns, wanted)?;
    Ok(TableReader { rows, columns, geometry, row: StringRecord::new(), lines, done: false, keep_written })
}

/// A name that two columns bear: which of them is meant nobody knows.
fn twice(columns: &[String]) -> Option<&String> {
    let mut seen = HashSet::new();
    columns.iter().find(|name| !name.is_empty() && !is_ours(name) && !seen.insert(name.as_str()))
}

/// The mark that stands most often in the first line, outside quotes.
fn delimiter(head: &[u8]) -> u8 {
    let line = head.split(|byte| matches!(byte, b'\n' | b'\r')).next().unwrap_or(head);
    let mut quoted = false;
    let outside: Vec<u8> = line
        .iter()
        .copied()
        .filter(|byte| {
            quoted ^= *byte == b'"';
            !quoted
        })
        .collect();
    let count = |mark: u8| outside.iter().filter(|byte| **byte == mark).count();
    // The first of equals wins: a comma when the table has one column.
    [b'|', b'\t', b';', b','].into_iter().max_by_key(|mark| count(*mark)).unwrap_or(b',')
}

fn find_geometry(columns: &[String], wanted: &GeometryColumns) -> Result<Geometry, FormatError> {
    let exact = |name: &str| columns.iter().position(|column| column == name);
    let named = |name: &str| {
        exact(name).ok_or_else(|| {
            FormatError::Usage(format!("there is no column '{name}': the table has {}", columns.join(", ")))
        })
    };
    if let Some((x, y)) = &wanted.xy {
        return Ok(Geometry::Xy(named(x)?, named(y)?));
    }
    if let Some(name) = &wanted.wkt {
        return Ok(Geometry::Wkt(named(name)?));
    }
    let alike = |name: &str| columns.iter().position(|column| column.eq_ignore_ascii_case(name));
    if let Some(at) = TEXTS.iter().find_map(|name| alike(name)) {
        return Ok(Geometry::Wkt(at));
    }
    let pair = PAIRS.iter().find_map(|(x, y)| alike(x).zip(alike(y)));
    Ok(pair.map_or(Geometry::None, |(x, y)| Geometry::Xy(x, y)))
}

fn broken(error: csv::Error) -> FormatError {
    let place = error.position().map_or_else(|| "the table".to_owned(), |at| format!("line {}", at.line()));
    let detail = match error.kind() {
        csv::ErrorKind::Utf8 { .. } => {
            "is not UTF-8: save the file as UTF-8 (in a spreadsheet: CSV UTF-8), or name its encoding with --encoding"
                .to_owned()
        }
        _ => error.to_string(),
    };
    match error.into_kind() {
        csv::ErrorKind::Io(source) => FormatError::read(place, source),
        _ => FormatError::Broken { place, detail },
    }
}

impl<R: Read> TableReader<R> {
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// The row without the columns that an earlier import put there.
    fn written(&self) -> Written {
        let own = |at: usize| self.columns.get(at).is_none_or(|name| !is_ours(name));
        let cells = self.row.iter().enumerate().filter(|(at, _)| own(*at));
        let mut cells: Vec<String> = cells.map(|(_, cell)| cell.to_owned()).collect();
        let width = self.columns.iter().filter(|name| !is_ours(name)).count();
        cells.resize(cells.len().max(width), String::new());
        Written::Row(cells)
    }

    fn feature(&self) -> Result<RawFeature, String> {
        if self.row.len() != self.columns.len() {
            return Err(format!("has {} cells, the header has {}", self.row.len(), self.columns.len()));
        }
        let geometry = self.geometry_of_row()?;
        let mut properties = Map::new();
        for (at, (name, cell)) in self.columns.iter().zip(&self.row).enumerate() {
            if !self.is_geometry(at) && !name.is_empty() && !is_ours(name) {
                let value = if cell.is_empty() { Json::Null } else { Json::String(cell.to_owned()) };
                properties.insert(name.clone(), value);
            }
        }
        Ok(RawFeature { id: None, geometry, properties })
    }

    fn is_geometry(&self, at: usize) -> bool {
        match self.geometry {
            Geometry::None => false,
            Geometry::Xy(x, y) => at == x || at == y,
            // The columns that an export adds beside the text are the same place again.
            Geometry::Wkt(column) => at == column || matches!(self.columns[at].as_str(), "lon" | "lat"),
        }
    }

    fn geometry_of_row(&self) -> Result<Given<RawGeometry>, String> {
        match self.geometry {
            Geometry::None => Ok(Given::Absent),
            Geometry::Xy(x, y) => {
                let (x_cell, y_cell) = (self.row[x].trim(), self.row[y].trim());
                if x_cell.is_empty() && y_cell.is_empty() {
                    return Ok(Given::Null);
                }
                let (x, y) = (self.ordinate(x, x_cell)?, self.ordinate(y, y_cell)?);
                Ok(Given::Value(RawGeometry::Point(RawPosition::xy(x, y))))
            }
            Geometry::Wkt(at) if self.row[at].trim().is_empty() => Ok(Given::Null),
            Geometry::Wkt(at) => {
                let read =
                    wkt::read(&self.row[at]).map_err(|detail| format!("column {}: {detail}", self.columns[at]))?;
                Ok(Given::Value(read))
            }
        }
    }

    fn ordinate(&self, column: usize, cell: &str) -> Result<f64, String> {
        let short = || cell.chars().take(40).collect::<String>();
        cell.parse()
            .map_err(|_| format!("column {}: '{}' is not a number{}", self.columns[column], short(), comma_hint(cell)))
    }
}

impl<R: Read> Iterator for TableReader<R> {
    type Item = Result<Located, FormatError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        match self.rows.read_record(&mut self.row) {
            Ok(false) => {
                self.done = true;
                None
            }
            Ok(true) => {
                let byte = self.row.position().map_or(0, csv::Position::byte);
                let line = self.lines.of_row_from(byte).unwrap_or_default();
                let place = format!("line {line}");
                let written = self.keep_written.then(|| Box::new(self.written()));
                Some(match self.feature() {
                    Ok(raw) => Ok(Located { place, raw, written }),
                    Err(detail) => Err(FormatError::Feature { place, detail, written }),
                })
            }
            Err(error) => {
                self.done = true;
                Some(Err(broken(error)))
            }
        }
    }
}

/// Gives the cells of undeclared columns the type that they are written in; the declared ones are read by their kind.
pub fn type_extras(layer: Layer, raw: &mut RawFeature) {
    for (name, value) in &mut raw.properties {
        if layer.declaration().position(name).is_none()
            && let Json::String(cell) = value
        {
            *value = typed(cell);
        }
    }
}

/// What a cell of an undeclared column says: a number, a truth value, null, a quoted text, a list or an object when
/// it is written exactly so in JSON, else the text itself. `00123` stays a text.
pub fn typed(cell: &str) -> Json {
    let looks_like_json = cell.starts_with(['"', '[', '{', '-'])
        || cell.starts_with(|letter: char| letter.is_ascii_digit())
        || matches!(cell, "true" | "false" | "null");
    if !looks_like_json {
        return Json::String(cell.to_owned());
    }
    let Ok(json) = serde_json::from_str::<Json>(cell) else { return Json::String(cell.to_owned()) };
    let written = json.to_string();
    if json.is_number() && written != cell { Json::String(cell.to_owned()) } else { json }
}

/// The inverse of [`typed`].
pub fn cell_of(json: &Json) -> String {
    match json {
        Json::String(text) if typed(text) == *json && !text.is_empty() => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str, wanted: &GeometryColumns) -> Vec<Result<Located, FormatError>> {
        open_table(text.as_bytes(), text.as_bytes(), wanted, false)
            .map_or_else(|error| vec![Err(error)], Iterator::collect)
    }

    #[test]
    fn columns_are_found_and_cells_kept() {
        for text in [
            "id,lon,lat\na,1,2\n",
            "id;LON;LAT\r\na;1;2\r\n",
            "id\tx\ty\na\t1\t2",
            "id,wkt\na,POINT (1 2)\n",
            "\u{feff}id,经度,纬度\na,1,2",
        ] {
            let rows = read(text, &GeometryColumns::default());
            let row = rows[0].as_ref().unwrap();
            assert_eq!(row.raw.geometry, Given::Value(RawGeometry::Point(RawPosition::xy(1.0, 2.0))), "{text}");
            assert_eq!(row.raw.properties["id"], "a");
            assert_eq!(row.place, "line 2");
        }
    }

    #[test]
    fn wrong_rows_have_their_line() {
        for (text, line) in [
            ("lon,lat\r1,2\r\r1,b\r", "line 4"),
            ("lon,lat,\"two\r\nlines\"\r\n1,2,\"a\r\nb\"\r\n\r\n1,b,3\r\n", "line 6"),
            ("lon,lat\n1,2\n\n\n1,b", "line 5"),
        ] {
            let rows = read(text, &GeometryColumns::default());
            assert!(rows[0].is_ok() && rows.len() == 2, "{text:?}");
            assert!(rows[1].as_ref().unwrap_err().to_string().starts_with(line), "{text:?}: {:?}", rows[1]);
        }
        let rows = read("lon,lat\n1\n1,b\n1,2\n", &GeometryColumns::default());
        assert!(rows[0].is_err() && rows[1].as_ref().unwrap_err().to_string().contains("line 3") && rows[2].is_ok());
        let wanted = GeometryColumns { xy: Some(("east".into(), "north".into())), wkt: None };
        assert!(read("lon,lat\n1,2\n", &wanted)[0].as_ref().unwrap_err().to_string().contains("no column 'east'"));
        assert!(read("", &GeometryColumns::default())[0].is_err());
        let latin =
            open_table(&b"a,b\n\xff,1\n"[..], b"a,b\n", &GeometryColumns::default(), false).unwrap().next().unwrap();
        assert!(latin.unwrap_err().to_string().contains("UTF-8"));
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn cells_say_the_same_again(text in "\\PC{0,12}", number in any::<f64>(), whole in any::<i64>()) {
            for json in [Json::from(text.as_str()), Json::from(number), Json::from(whole), Json::Null, Json::from(true), Json::from(vec![text.as_str()])] {
                let cell = cell_of(&json);
                prop_assert_eq!(typed(&cell), json);
            }
        }
    }
}
