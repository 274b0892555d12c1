//! Answers that are no stored features: a place and figures a row, as a FeatureCollection or as a table.

use serde_json::{Map, Value as Json};

use crate::formats::geojson::{Encoding, write_geometry};
use crate::formats::wkt;
use crate::formats::writer::crs_member;
use crate::spatial::crs::{Crs, CrsError};
use crate::spatial::shape::Shape;

/// A figure of a row.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    Null,
    Integer(i64),
    /// Not finite is written as null.
    Number(f64),
    Text(String),
    Word(&'static str),
    Truth(bool),
}

impl<T: Into<Cell>> From<Option<T>> for Cell {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

impl From<f64> for Cell {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

impl From<u32> for Cell {
    fn from(number: u32) -> Self {
        Self::Integer(i64::from(number))
    }
}

impl From<i64> for Cell {
    fn from(number: i64) -> Self {
        Self::Integer(number)
    }
}

impl From<usize> for Cell {
    fn from(number: usize) -> Self {
        Self::Integer(number as i64)
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&'static str> for Cell {
    fn from(word: &'static str) -> Self {
        Self::Word(word)
    }
}

/// One row: where, and a cell a column.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Of the stored feature that it is about.
    pub id: Option<i64>,
    pub shape: Option<Shape>,
    pub cells: Vec<Cell>,
}

/// Rows with the same columns, and what is said about all of them.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Sheet {
    pub columns: Vec<&'static str>,
    pub rows: Vec<Row>,
    /// Members of the collection; a table does without.
    pub members: Map<String, Json>,
}

impl Sheet {
    pub fn new(columns: &[&'static str]) -> Self {
        Self { columns: columns.to_vec(), ..Self::default() }
    }

    /// A row of as many cells as there are columns.
    pub fn push(&mut self, id: Option<i64>, shape: Option<Shape>, cells: Vec<Cell>) {
        debug_assert_eq!(cells.len(), self.columns.len(), "a cell a column");
        self.rows.push(Row { id, shape, cells });
    }

    /// A FeatureCollection; the members stand before the features.
    pub fn to_geojson(&self, crs: &Crs) -> Result<Vec<u8>, CrsError> {
        let mut out = Vec::with_capacity(256 + self.rows.len() * 360);
        out.extend_from_slice(br#"{"type":"FeatureCollection","#);
        out.extend_from_slice(crs_member(crs).as_bytes());
        for (name, value) in &self.members {
            out.extend_from_slice(format!("{}:{value},", Json::from(name.as_str())).as_bytes());
        }
        out.extend_from_slice(format!("\"numberReturned\":{},\"features\":[", self.rows.len()).as_bytes());
        let names: Vec<String> = self.columns.iter().map(|name| format!("\"{name}\":")).collect();
        for (at, row) in self.rows.iter().enumerate() {
            out.extend_from_slice(if at == 0 { b"\n" } else { b",\n" });
            out.extend_from_slice(br#"{"type":"Feature","#);
            if let Some(id) = row.id {
                out.extend_from_slice(format!("\"id\":{id},").as_bytes());
            }
            out.extend_from_slice(br#""geometry":"#);
            match &row.shape {
                None => out.extend_from_slice(b"null"),
                Some(shape) => write_geometry(shape, crs, &mut out)?,
            }
            out.extend_from_slice(br#","properties":{"#);
            for (column, (name, cell)) in names.iter().zip(&row.cells).enumerate() {
                if column > 0 {
                    out.push(b',');
                }
                out.extend_from_slice(name.as_bytes());
                write_cell(cell, &mut out);
            }
            out.extend_from_slice(b"}}");
        }
        out.extend_from_slice(b"\n]}\n");
        Ok(out)
    }

    /// A table with `id`, the columns, the anchor as `lon` and `lat`, and the geometry as well-known text.
    pub fn to_csv(&self, crs: &Crs) -> Result<Vec<u8>, CrsError> {
        let mut table = csv::WriterBuilder::new().from_writer(Vec::with_capacity(256 + self.rows.len() * 200));
        let has_ids = self.rows.iter().any(|row| row.id.is_some());
        let places = self.rows.iter().any(|row| row.shape.is_some());
        let write = |table: &mut csv::Writer<Vec<u8>>, cells: &[String]| {
            table.write_record(cells).expect("writing to memory cannot fail");
        };
        let mut header: Vec<String> = Vec::new();
        header.extend(has_ids.then(|| "id".to_owned()));
        header.extend(self.columns.iter().map(|name| (*name).to_owned()));
        if places {
            header.extend(["lon", "lat", "wkt"].map(str::to_owned));
        }
        write(&mut table, &header);
        let decimals = crs.decimals();
        for row in &self.rows {
            let mut cells: Vec<String> = Vec::with_capacity(header.len());
            if has_ids {
                cells.push(row.id.map(|id| id.to_string()).unwrap_or_default());
            }
            cells.extend(row.cells.iter().map(Cell::to_text));
            match &row.shape {
                None if places => cells.extend(std::iter::repeat_n(String::new(), 3)),
                None => {}
                Some(shape) => {
                    let anchor = shape.anchor();
                    let (x, y) = crs.from_wgs84(anchor.x(), anchor.y())?;
                    cells.extend([format!("{x:.decimals$}"), format!("{y:.decimals$}")]);
                    cells.push(wkt::write(shape, &Encoding { crs, properties: None })?);
                }
            }
            write(&mut table, &cells);
        }
        Ok(table.into_inner().expect("writing to memory cannot fail"))
    }
}

impl Cell {
    fn to_text(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Word(word) => (*word).to_owned(),
            Self::Null => String::new(),
            Self::Number(number) if !number.is_finite() => String::new(),
            other => {
                let mut text = Vec::new();
                write_cell(other, &mut text);
                String::from_utf8_lossy(&text).into_owned()
            }
        }
    }
}

fn write_cell(cell: &Cell, out: &mut Vec<u8>) {
    use std::io::Write;
    let written = match cell {
        Cell::Null => write!(out, "null"),
        Cell::Integer(number) => write!(out, "{number}"),
        // The shortest text that reads back as the same number.
        Cell::Number(number) => match serde_json::Number::from_f64(*number) {
            Some(number) => write!(out, "{number}"),
            None => write!(out, "null"),
        },
        Cell::Text(text) => write!(out, "{}", Json::from(text.as_str())),
        Cell::Word(word) => write!(out, "\"{word}\""),
        Cell::Truth(truth) => write!(out, "{truth}"),
    };
    written.expect("writing to memory cannot fail");
}

/// A number to so many significant digits: more would pretend, and fewer bytes travel.
pub fn significant(number: f64, digits: i32) -> f64 {
    if number == 0.0 || !number.is_finite() {
        return number;
    }
    let places = digits - 1 - number.abs().log10().floor() as i32;
    if places > 300 {
        return number;
    }
    let scale = 10_f64.powi(places);
    (number * scale).round() / scale
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn collections_and_tables_say_the_same() {
        let mut sheet = Sheet::new(&["name", "count", "z"]);
        sheet.members.insert("method".to_owned(), "gi-star".into());
        let point = Shape::Point(geo::Point::new(105.5, 34.5));
        sheet.push(Some(7), Some(point), vec!["工农路, \"东\"".to_owned().into(), 3_u32.into(), 1.5.into()]);
        sheet.push(None, None, vec![Cell::Null, 0_u32.into(), f64::NAN.into()]);
        let json: Json = serde_json::from_slice(&sheet.to_geojson(&Crs::default()).unwrap()).unwrap();
        assert_eq!(json["method"], "gi-star");
        assert_eq!(json["features"][0]["properties"]["name"], "工农路, \"东\"");
        assert_eq!(json["features"][0]["id"], 7);
        assert_eq!(json["features"][1]["properties"]["z"], Json::Null);
        let table = String::from_utf8(sheet.to_csv(&Crs::default()).unwrap()).unwrap();
        let wanted = "id,name,count,z,lon,lat,wkt\n7,\"工农路, \"\"东\"\"\",3,1.5,105.5000000,34.5000000,POINT (105.5000000 34.5000000)\n,,0,,,,\n";
        assert_eq!(table, wanted);
    }

    #[test]
    fn digits_are_cut_to_what_they_mean() {
        assert_eq!(significant(123.456_789, 4), 123.5);
        assert_eq!(significant(-0.000_123_456, 3), -0.000_123);
        assert_eq!(significant(0.0, 3), 0.0);
        assert_eq!(significant(1e-320, 3), 1e-320);
    }
}
