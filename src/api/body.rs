//! Bodies: bounded in bytes and in time.

use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderMap, header};
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;

use crate::api::problem::{Kind, Problem};
use crate::domain::reading::shortened;

/// Of a body with one feature.
pub const MOST_OF_A_FEATURE: usize = 1 << 20;
/// Of a body with a collection.
pub const MOST_OF_A_COLLECTION: usize = 64 << 20;
/// A body that pauses for longer is given up.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
const LONGEST: Duration = Duration::from_mins(2);

const FEATURE_TYPES: [&str; 3] = ["application/geo+json", "application/json", "application/vnd.geo+json"];

/// Refuses a body that is not said to be GeoJSON; `also` is taken, too.
pub fn check_type(headers: &HeaderMap, also: Option<&str>) -> Result<(), Problem> {
    let given = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = given.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if FEATURE_TYPES.contains(&kind.as_str()) || also == Some(kind.as_str()) {
        return Ok(());
    }
    let given = shortened(given);
    let detail =
        if given.is_empty() { "Content-Type is missing".to_owned() } else { format!("Content-Type is '{given}'") };
    let ways = [FEATURE_TYPES[0], FEATURE_TYPES[1]].into_iter().chain(also).collect::<Vec<_>>().join(" or ");
    Err(Problem::new(Kind::UnsupportedMediaType, format!("{detail}: send {ways}")))
}

/// Reads a body of at most `most` bytes.
pub async fn read(headers: &HeaderMap, body: Body, most: usize) -> Result<Bytes, Problem> {
    let declared = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if declared.is_some_and(|bytes| bytes > most as u64) {
        return Err(too_large(most));
    }
    if headers.contains_key(header::CONTENT_ENCODING) {
        let detail = "Content-Encoding is not taken: send the body as it is";
        return Err(Problem::new(Kind::UnsupportedMediaType, detail));
    }
    let late = |_| Problem::new(Kind::Timeout, "the body did not come in time");
    tokio::time::timeout(LONGEST, collect(body, most)).await.map_err(late)?
}

async fn collect(mut body: Body, most: usize) -> Result<Bytes, Problem> {
    let mut bytes = BytesMut::new();
    loop {
        let frame = tokio::time::timeout(LONGEST_PAUSE, body.frame()).await;
        let frame = frame.map_err(|_| Problem::new(Kind::Timeout, "the body did not come in time"))?;
        let Some(frame) = frame else { return Ok(bytes.freeze()) };
        let frame = frame.map_err(|_| Problem::new(Kind::Malformed, "the body broke off"))?;
        if let Ok(data) = frame.into_data() {
            if bytes.len() + data.len() > most {
                return Err(too_large(most));
            }
            bytes.extend_from_slice(&data);
        }
    }
}

pub fn too_large(most: usize) -> Problem {
    let what = if most == MOST_OF_A_FEATURE { "one feature" } else { "a collection" };
    let detail = format!(
        "the body has more than the {} MiB of {what}: send less at a time, or import a file on the command line",
        most >> 20
    );
    Problem::new(Kind::TooLarge, detail)
}
