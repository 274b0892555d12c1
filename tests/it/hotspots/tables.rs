//! Reads the reference tables: columns by name, lines from well-known text.

use patrolmap::analysis::hotspots::Position;

use crate::support::{read_gzip, shared};

/// A table with a header, all in memory.
pub struct Table {
    header: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// None, said aloud, where reference data are absent.
    pub fn read(test: &str, file: &str) -> Option<Self> {
        let path = shared(test, &format!("hotspot/{file}"))?;
        let zipped = path.extension().is_some_and(|ending| ending == "gz");
        let text = if zipped { read_gzip(&path) } else { std::fs::read_to_string(&path).unwrap() };
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let header = reader.headers().unwrap().iter().map(str::to_owned).collect();
        let rows = reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect();
        Some(Self { header, rows })
    }

    pub fn texts(&self, column: &str) -> Vec<&str> {
        let at = self.header.iter().position(|name| name == column).unwrap();
        self.rows.iter().map(|row| row[at].as_str()).collect()
    }

    pub fn numbers(&self, column: &str) -> Vec<f64> {
        self.texts(column).iter().map(|text| text.parse().unwrap()).collect()
    }

    pub fn positions(&self) -> Vec<Position> {
        self.numbers("x").into_iter().zip(self.numbers("y")).map(|(x, y)| [x, y]).collect()
    }

    /// LINESTRING (x y, x y).
    pub fn lines(&self) -> Vec<Vec<Position>> {
        let line = |text: &str| {
            let inside = text.split_once('(').unwrap().1.trim_end_matches(')');
            let number = |text: Option<&str>| text.unwrap().parse::<f64>().unwrap();
            let position = |pair: &str| {
                let mut parts = pair.split_whitespace();
                [number(parts.next()), number(parts.next())]
            };
            inside.split(',').map(position).collect()
        };
        self.texts("wkt").into_iter().map(line).collect()
    }
}

/// The summary of the reference values.
pub fn summary(test: &str) -> Option<serde_json::Value> {
    let path = shared(test, "hotspot/expected/summary.json")?;
    Some(serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap())
}

/// Numbers that were written with ten significant digits.
#[track_caller]
pub fn close(what: &str, given: &[f64], expected: &[f64], tolerance: f64) {
    assert_eq!(given.len(), expected.len(), "{what}");
    for (at, (given, expected)) in given.iter().zip(expected).enumerate() {
        let allowed = tolerance + 1e-9 * expected.abs();
        assert!((given - expected).abs() <= allowed, "{what} {at}: {given} instead of {expected}");
    }
}

pub fn floats(value: &serde_json::Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
}
