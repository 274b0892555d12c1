//! `GET /api/changes`: what changed, as a list of whole commits.

use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde_json::{Value as Json, json};

use crate::api::answer::read;
use crate::api::extract::{Asked, Doors, Ready};
use crate::api::feed;
use crate::api::negotiate::{Media, negotiate};
use crate::api::problem::Problem;
use crate::domain::feature::Rev;
use crate::store::Change;

pub const KNOWN: [&str; 3] = ["since", "limit", "f"];
const DEFAULT_LIMIT: usize = 1_000;
const MOST: usize = 10_000;

pub async fn list(Doors(service): Doors, Ready(app): Ready, mut asked: Asked) -> Result<Response, Problem> {
    let media = negotiate(&mut asked, &[Media::Json, Media::EventStream])?;
    let since = asked.parameters.number::<u32>("since", "a sequence number")?.map(i64::from);
    let limit = match asked.parameters.number::<u64>("limit", "a whole number of 1 or more")? {
        None => DEFAULT_LIMIT,
        Some(0) => return Err(Problem::parameter("limit", "must be 1 or more")),
        Some(limit) => limit.min(MOST as u64) as usize,
    };
    std::mem::take(&mut asked.parameters).finish(&KNOWN)?;
    if media == Media::EventStream {
        // A client that lost its connection says how far it had come.
        let last = asked.header("last-event-id").and_then(|id| id.trim().parse().ok());
        let since = last.or(since).map_or_else(|| app.snapshot().seq(), Rev);
        return Ok(feed::stream(&service, app, since).await?.into_response());
    }
    let page = app.changes(Rev(since.unwrap_or(0)), limit).await?;
    let last = page.changes.last().map_or(page.newest, |change| change.seq);
    let etag = service.tag(page.newest);
    let body = json!({
        "changes": page.changes.iter().map(told).collect::<Vec<_>>(),
        "last": last.0,
        "newest": page.newest.0,
        "links": next_link(&asked, last, page.newest),
    });
    Ok(read(&asked, media, Some(&etag), || Bytes::from(body.to_string())))
}

fn next_link(asked: &Asked, last: Rev, newest: Rev) -> Vec<Json> {
    if last >= newest {
        return Vec::new();
    }
    vec![
        json!({ "rel": "next", "type": "application/json", "href": format!("{}/api/changes?since={}", asked.base(), last.0) }),
    ]
}

/// One change as clients see it.
pub fn told(change: &Change) -> Json {
    json!({
        "seq": change.seq.0,
        "commit": change.commit,
        "layer": change.layer.name(),
        "id": change.id.0,
        "operation": if change.deleted { "delete" } else { "upsert" },
    })
}
