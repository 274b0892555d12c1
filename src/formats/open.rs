//! Opening a file: compression by its first bytes, format by its name, else by its content.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;

use crate::formats::csv::{GeometryColumns, open_table};
use crate::formats::geojson::open_collection;
use crate::formats::geojsonl::LineReader;
use crate::formats::{Format, FormatError, Source};

type Input = BufReader<Box<dyn Read + Send>>;

/// Enough to see a header row or the start of a first feature.
const HEAD: usize = 1 << 16;

/// How to open; what is not said is found out.
#[derive(Debug, Clone, Default)]
pub struct OpenOptions {
    pub format: Option<Format>,
    pub columns: GeometryColumns,
}

/// Opens a file of GeoJSON, GeoJSONSeq or CSV, gzipped or not, for reading feature by feature.
///
/// Memory stays bounded by the largest feature (64 MiB at most), whatever the size of the file.
pub fn open(path: &Path, options: &OpenOptions) -> Result<Source, FormatError> {
    let failed = |source| FormatError::Open { path: path.to_owned(), source };
    let file = File::open(path).map_err(failed)?;
    if file.metadata().map_err(failed)?.is_dir() {
        return Err(FormatError::Usage(format!("{} is a directory: name a file", path.display())));
    }
    let mut input = plain(file).map_err(failed)?;
    skip_mark(&mut input).map_err(failed)?;
    let head = input.fill_buf().map_err(failed)?.to_vec();
    if head.starts_with(&[0xFF, 0xFE]) || head.starts_with(&[0xFE, 0xFF]) {
        let detail = "is UTF-16: save the file as UTF-8".to_owned();
        return Err(FormatError::Broken { place: "the file".to_owned(), detail });
    }
    match options.format.or_else(|| by_name(path, &head)).unwrap_or_else(|| by_content(&head)) {
        Format::GeoJsonSeq => {
            Ok(Source { features: Box::new(LineReader::new(input)), declared_crs: None, columns: None })
        }
        Format::GeoJson => open_json(input),
        Format::Csv => {
            let table = open_table(input, &head, &options.columns)?;
            let columns = Some(table.columns().to_vec());
            Ok(Source { features: Box::new(table), declared_crs: None, columns })
        }
    }
}

fn open_json(input: Input) -> Result<Source, FormatError> {
    let mut reader = open_collection(input)?;
    let first = reader.advance();
    let declared_crs = reader.declared_crs();
    let first = match first {
        Err(error) if !error.is_of_one_feature() => return Err(error),
        other => other.transpose(),
    };
    Ok(Source { features: Box::new(first.into_iter().chain(reader)), declared_crs, columns: None })
}

/// Takes gzip off, if it is there.
fn plain(file: File) -> std::io::Result<Input> {
    let mut raw = BufReader::with_capacity(HEAD, file);
    let zipped = raw.fill_buf()?.starts_with(&[0x1F, 0x8B]);
    let inner: Box<dyn Read + Send> = if zipped { Box::new(MultiGzDecoder::new(raw)) } else { Box::new(raw) };
    Ok(BufReader::with_capacity(HEAD, inner))
}

fn skip_mark(input: &mut Input) -> std::io::Result<()> {
    if input.fill_buf()?.starts_with(b"\xEF\xBB\xBF") {
        input.consume(3);
    }
    Ok(())
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
