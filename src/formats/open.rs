//! Opening a file: compression by its first bytes, encoding and format by its content and name.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use encoding_rs::Encoding;
use flate2::bufread::MultiGzDecoder;

use crate::formats::csv::{GeometryColumns, open_table};
use crate::formats::geojson::open_collection;
use crate::formats::geojsonl::LineReader;
use crate::formats::text::{Found, Text};
use crate::formats::{Format, FormatError, Source};

type Input = BufReader<Text<Box<dyn Read + Send>>>;

/// Enough to see a header row or the start of a first feature.
const HEAD: usize = 1 << 16;

/// How to open; what is not said is found out.
#[derive(Debug, Clone, Default)]
pub struct OpenOptions {
    pub format: Option<Format>,
    pub columns: GeometryColumns,
    pub encoding: Option<&'static Encoding>,
    /// Keep each feature as it is written, so that refused ones can be given back.
    pub keep_written: bool,
}

/// First bytes of files that are something else, and what to do with them.
const OTHERS: [(&[u8], &str); 12] = [
    (b"PK\x03\x04", "is a ZIP file (a spreadsheet, a zipped shapefile, KMZ): export it as CSV or GeoJSON"),
    (b"\xD0\xCF\x11\xE0", "is an old Excel workbook: save it as CSV UTF-8"),
    (b"SQLite format 3\0", "is an SQLite file (a GeoPackage?): export the table with ogr2ogr -f GeoJSON"),
    (b"\0\0\0\x0D\n\tOSMHeader", "is an OpenStreetMap extract: use patrolmap import-osm"),
    (b"\0\0\0\x0E\n\tOSMHeader", "is an OpenStreetMap extract: use patrolmap import-osm"),
    (b"fgb\x03", "is FlatGeobuf: turn it into GeoJSON with ogr2ogr -f GeoJSON"),
    (b"\0\0\x27\x0A", "is a shapefile: turn it into GeoJSON with ogr2ogr -f GeoJSON"),
    (b"%PDF", "is a PDF: ask for the data as CSV or GeoJSON"),
    (b"BZh", "is compressed with bzip2: unpack it, or use gzip"),
    (b"\xFD7zXZ", "is compressed with xz: unpack it, or use gzip"),
    (b"\x28\xB5\x2F\xFD", "is compressed with zstd: unpack it, or use gzip"),
    (b"7z\xBC\xAF", "is a 7z archive: unpack it"),
];

/// Opens a file of GeoJSON, GeoJSONSeq or CSV, gzipped or not, for reading feature by feature.
///
/// Memory stays bounded by the largest feature (64 MiB at most), whatever the size of the file.
pub fn open(path: &Path, options: &OpenOptions) -> Result<Source, FormatError> {
    let failed = |source| FormatError::Open { path: path.to_owned(), source };
    let file = File::open(path).map_err(failed)?;
    if file.metadata().map_err(failed)?.is_dir() {
        return Err(FormatError::Usage(format!("{} is a directory: name a file", path.display())));
    }
    let whole = |source| FormatError::read("the file", source);
    let mut raw = plain(file).map_err(whole)?;
    let first = raw.fill_buf().map_err(whole)?;
    if let Some((_, detail)) = OTHERS.iter().find(|(magic, _)| first.starts_with(magic)) {
        return Err(FormatError::Broken { place: "the file".to_owned(), detail: (*detail).to_owned() });
    }
    let text = Text::new(Box::new(raw) as Box<dyn Read + Send>, options.encoding).map_err(whole)?;
    let encoding = text.found();
    let mut input = BufReader::with_capacity(HEAD, text);
    let head = input.fill_buf().map_err(whole)?.to_vec();
    if head.trim_ascii_start().starts_with(b"<") {
        let detail = "is XML or HTML (KML, GML, GPX, an OSM file, a web page?), not GeoJSON or CSV: turn it into \
                      GeoJSON with ogr2ogr -f GeoJSON";
        return Err(FormatError::Broken { place: "the file".to_owned(), detail: detail.to_owned() });
    }
    match options.format.or_else(|| by_name(path, &head)).unwrap_or_else(|| by_content(&head)) {
        Format::GeoJsonSeq => {
            let mut lines = LineReader::new(input, options.keep_written);
            let declared_crs = lines.declared_crs();
            Ok(Source { features: Box::new(lines), declared_crs, columns: None, encoding })
        }
        Format::GeoJson => open_json(input, options.keep_written, encoding),
        Format::Csv => {
            let table = open_table(input, &head, &options.columns, options.keep_written)?;
            let columns = Some(table.columns().to_vec());
            Ok(Source { features: Box::new(table), declared_crs: None, columns, encoding })
        }
    }
}

fn open_json(input: Input, keep_written: bool, encoding: Found) -> Result<Source, FormatError> {
    let mut reader = open_collection(input, keep_written)?;
    let first = reader.advance();
    let declared_crs = reader.declared_crs();
    let first = match first {
        Err(error) if !error.is_of_one_feature() => return Err(error),
        other => other.transpose(),
    };
    Ok(Source { features: Box::new(first.into_iter().chain(reader)), declared_crs, columns: None, encoding })
}

/// Takes gzip off, if it is there.
fn plain(file: File) -> std::io::Result<BufReader<Box<dyn Read + Send>>> {
    let mut raw = BufReader::with_capacity(HEAD, file);
    let zipped = raw.fill_buf()?.starts_with(&[0x1F, 0x8B]);
    let inner: Box<dyn Read + Send> = if zipped { Box::new(MultiGzDecoder::new(raw)) } else { Box::new(raw) };
    Ok(BufReader::with_capacity(HEAD, inner))
}

fn by_name(path: &Path, head: &[u8]) -> Option<Format> {
    let name = path.file_name()?.to_str()?.to_ascii_lowercase();
    let name = name.strip_suffix(".gz").unwrap_or(&name);
    match name.rsplit_once('.')?.1 {
        "geojsonl" | "geojsons" | "ndjson" | "jsonl" | "geojsonseq" => Some(Format::GeoJsonSeq),
        // Files of one feature a line are often called .json too.
        "geojson" | "json" => Some(match by_content(head) {
            Format::GeoJsonSeq => Format::GeoJsonSeq,
            _ => Format::GeoJson,
        }),
        "csv" | "tsv" | "txt" => Some(Format::Csv),
        _ => None,
    }
}

fn by_content(head: &[u8]) -> Format {
    let text = head.trim_ascii_start();
    match text.first() {
        Some(0x1E) => Format::GeoJsonSeq,
        Some(b'{') if first_line_is_a_feature(text) => Format::GeoJsonSeq,
        Some(b'{' | b'[') | None => Format::GeoJson,
        Some(_) => Format::Csv,
    }
}

/// A whole Feature in the first line, and something after it.
fn first_line_is_a_feature(text: &[u8]) -> bool {
    let Some(end) = text.iter().position(|byte| *byte == b'\n') else { return false };
    let more = !text[end..].trim_ascii().is_empty();
    let feature = serde_json::from_slice::<serde_json::Value>(&text[..end]);
    more && feature.is_ok_and(|feature| feature["type"] == "Feature")
}
