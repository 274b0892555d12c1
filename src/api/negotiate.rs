//! Which format is wanted (`f=`, then `Accept`), and whether the client has the answer already.

use axum::http::{HeaderMap, header};

use crate::api::extract::Asked;
use crate::api::problem::{Kind, Problem};

/// A format of answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Media {
    GeoJson,
    GeoJsonSeq,
    Csv,
    Json,
    Schema,
    Html,
    EventStream,
}

impl Media {
    pub fn media_type(self) -> &'static str {
        match self {
            Self::GeoJson => "application/geo+json",
            Self::GeoJsonSeq => "application/geo+json-seq",
            Self::Csv => "text/csv; charset=utf-8",
            Self::Json => "application/json",
            Self::Schema => "application/schema+json",
            Self::Html => "text/html; charset=utf-8",
            Self::EventStream => "text/event-stream",
        }
    }

    fn names(self) -> &'static [&'static str] {
        match self {
            Self::GeoJson => &["geojson", "json"],
            Self::GeoJsonSeq => &["geojsonl", "geojsonseq", "geojsons", "ndjson"],
            Self::Csv => &["csv"],
            Self::Json | Self::Schema => &["json"],
            Self::Html => &["html"],
            Self::EventStream => &["event-stream"],
        }
    }

    /// Whether a range of `Accept` takes it, and how closely.
    fn closeness(self, range: &str) -> Option<u8> {
        let own = self.media_type().split(';').next().unwrap_or_default();
        let also_json = matches!(self, Self::GeoJson | Self::Schema) && range == "application/json";
        let also_lines = self == Self::GeoJsonSeq && range == "application/x-ndjson";
        if range == own {
            Some(3)
        } else if also_json || also_lines {
            Some(2)
        } else if range.strip_suffix("/*").is_some_and(|kind| own.starts_with(&format!("{kind}/"))) {
            Some(1)
        } else {
            (range == "*/*").then_some(0)
        }
    }
}

/// The format to answer in: the first of `offered` when nothing is said.
pub fn negotiate(asked: &mut Asked, offered: &[Media]) -> Result<Media, Problem> {
    let refuse = |detail: String| {
        let names: Vec<&str> = offered.iter().map(|media| media.names()[0]).collect();
        Problem::new(Kind::NotAcceptable, format!("{detail}: there are {}", names.join(", ")))
    };
    if let Some(name) = asked.parameters.take("f")? {
        let lower = name.to_ascii_lowercase();
        let found = offered.iter().find(|media| {
            media.names().contains(&lower.as_str()) || media.media_type().starts_with(&lower) && lower.contains('/')
        });
        let shown: String = name.chars().take(40).collect();
        return found.copied().ok_or_else(|| {
            if is_known(&lower) {
                refuse(format!("f: '{shown}' is not answered here"))
            } else {
                Problem::parameter(
                    "f",
                    format!(
                        "'{shown}' is not a format: there are {}",
                        offered.iter().map(|media| media.names()[0]).collect::<Vec<_>>().join(", ")
                    ),
                )
            }
        });
    }
    let accepts: Vec<&str> =
        asked.headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok()).collect();
    if accepts.is_empty() {
        return Ok(offered[0]);
    }
    best(&accepts.join(","), offered).ok_or_else(|| refuse("nothing that Accept names is answered here".to_owned()))
}

fn is_known(name: &str) -> bool {
    [Media::GeoJson, Media::GeoJsonSeq, Media::Csv, Media::Json, Media::Html]
        .iter()
        .any(|media| media.names().contains(&name))
}

/// RFC 9110: the closest range decides a format's quality; the highest quality wins, then our own order.
fn best(accept: &str, offered: &[Media]) -> Option<Media> {
    let ranges: Vec<(String, f64)> = accept.split(',').filter_map(range).collect();
    let quality = |media: Media| {
        let fitting = ranges.iter().filter_map(|(range, quality)| Some((media.closeness(range)?, *quality)));
        fitting.max_by(|a, b| a.0.cmp(&b.0)).map_or(0.0, |(_, quality)| quality)
    };
    let mut best: Option<(Media, f64)> = None;
    for media in offered {
        let quality = quality(*media);
        if quality > best.map_or(0.0, |(_, most)| most) {
            best = Some((*media, quality));
        }
    }
    best.map(|(media, _)| media)
}

fn range(text: &str) -> Option<(String, f64)> {
    let mut parts = text.split(';').map(str::trim);
    let name = parts.next().filter(|name| !name.is_empty())?.to_ascii_lowercase();
    let quality = parts.find_map(|part| part.strip_prefix("q=")).map_or(Some(1.0), |quality| quality.parse().ok())?;
    Some((name, quality))
}

/// Whether `If-None-Match` names this tag (weakly compared).
pub fn has_already(asked: &Asked, etag: &str) -> bool {
    let opaque = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    let wanted = opaque(etag);
    asked
        .headers
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .any(|list| list.trim() == "*" || list.split(',').any(|tag| opaque(tag) == wanted))
}

/// Encodings that the client takes, in its words; those with `q=0` are left out.
pub fn encodings(headers: &HeaderMap) -> Vec<String> {
    let lists = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    let ranges = lists.flat_map(|list| list.split(',')).filter_map(range);
    ranges.filter(|(_, quality)| *quality > 0.0).map(|(name, _)| name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_format_is_chosen() {
        let offered = [Media::GeoJson, Media::GeoJsonSeq, Media::Csv];
        let cases = [
            ("*/*", Some(Media::GeoJson)),
            ("text/html,application/xhtml+xml,*/*;q=0.8", Some(Media::GeoJson)),
            ("text/csv", Some(Media::Csv)),
            ("text/*", Some(Media::Csv)),
            ("application/json", Some(Media::GeoJson)),
            ("text/csv;q=0.5, application/geo+json-seq", Some(Media::GeoJsonSeq)),
            ("application/geo+json;q=0, */*", Some(Media::GeoJsonSeq)),
            ("image/png", None),
        ];
        for (accept, wanted) in cases {
            assert_eq!(best(accept, &offered), wanted, "{accept}");
        }
    }

    #[test]
    fn an_encoding_that_is_refused_is_not_taken() {
        let mut headers = HeaderMap::new();
        assert!(encodings(&headers).is_empty());
        headers.insert(header::ACCEPT_ENCODING, "gzip, BR;q=0, zstd;q=0.5".parse().unwrap());
        assert_eq!(encodings(&headers), ["gzip", "zstd"]);
    }
}
