//! Readers and writers of files and streams. They know features as input and output, not where they are kept.

pub mod geojson;
pub mod geojsonl;
pub mod csv;
mod rows;
pub mod wkt;
pub mod text;
pub mod refused;
pub mod open;
pub mod mapping;
pub mod osm;
pub mod writer;
pub mod sheet;

use std::path::PathBuf;

use crate::domain::draft::RawFeature;

/// What a file is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// One FeatureCollection (RFC 7946).
    GeoJson,
    /// One feature a line; RFC 8142 records too.
    GeoJsonSeq,
    Csv,
}

impl Format {
    pub const NAMES: &'static str = "geojson, geojsonl, csv";

    pub fn from_name(name: &str) -> Option<Self> {
        match name.to_ascii_lowercase().as_str() {
            "geojson" | "json" => Some(Self::GeoJson),
            "geojsonl" | "geojsonseq" | "geojsons" | "ndjson" | "jsonl" => Some(Self::GeoJsonSeq),
            "csv" => Some(Self::Csv),
            _ => None,
        }
    }

    pub fn media_type(self) -> &'static str {
        match self {
            Self::GeoJson => "application/geo+json",
            Self::GeoJsonSeq => "application/geo+json-seq",
            Self::Csv => "text/csv; charset=utf-8",
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum FormatError {
    #[error("cannot open {}", path.display())]
    Open { path: PathBuf, source: std::io::Error },
    #[error("cannot read {place}: {source}")]
    Read { place: String, source: std::io::Error },
    /// One feature is wrong; the ones after it can still be read.
    #[error("{place}: {detail}")]
    Feature { place: String, detail: String, written: Option<Box<Written>> },
    /// Nothing after this place can be read.
    #[error("{place}: {detail}")]
    Broken { place: String, detail: String },
    #[error("{0}")]
    Usage(String),
}

impl FormatError {
    /// What went wrong with reading: a torn or wrongly encoded input is the input's fault and told as such.
    pub fn read(place: impl Into<String>, source: std::io::Error) -> Self {
        let place = place.into();
        match source.kind() {
            std::io::ErrorKind::UnexpectedEof => {
                Self::Broken { place, detail: "the compressed data end early: the file is cut off".to_owned() }
            }
            std::io::ErrorKind::InvalidData | std::io::ErrorKind::InvalidInput => {
                Self::Broken { place, detail: source.to_string() }
            }
            _ => Self::Read { place, source },
        }
    }

    /// Whether reading can go on after it.
    pub fn is_of_one_feature(&self) -> bool {
        matches!(self, Self::Feature { .. })
    }
}

/// A feature and its place in its file.
#[derive(Debug, Clone, PartialEq)]
pub struct Located {
    /// `feature 7` or `line 12`.
    pub place: String,
    pub raw: RawFeature,
    /// As it stands in the file, where that is asked for.
    pub written: Option<Box<Written>>,
}

/// A feature as it stands in its file.
#[derive(Debug, Clone, PartialEq)]
pub enum Written {
    /// The text of a GeoJSON Feature.
    Json(Vec<u8>),
    /// The cells of a table's row.
    Row(Vec<String>),
}

/// Features of a file, one at a time.
pub type Features = Box<dyn Iterator<Item = Result<Located, FormatError>> + Send>;

/// A file opened for reading.
pub struct Source {
    pub features: Features,
    /// The system that the file itself names (GeoJSON of 2008), where it stands before the features.
    pub declared_crs: Option<String>,
    /// Names of the columns of a table.
    pub columns: Option<Vec<String>>,
    /// Known for sure once all has been read.
    pub encoding: text::Found,
}

/// Nesting of arrays and objects that is read.
pub const DEEPEST: usize = 32;
/// Largest single feature in a file, bytes.
pub const LARGEST_FEATURE: usize = 64 << 20;
