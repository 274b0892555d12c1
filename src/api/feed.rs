//! The change log as an event stream: one event a commit, never half of one.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::time::Duration;

use axum::http::{HeaderName, HeaderValue, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream::{self, Stream};
use serde_json::json;
use tokio::sync::watch;

use crate::api::Service;
use crate::api::changes::told;
use crate::api::problem::Problem;
use crate::app::App;
use crate::domain::feature::Rev;
use crate::store::Change;

const PAGE: usize = 1_000;
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// Follows one client's place in the log.
struct Follower {
    app: App,
    at: Rev,
    published: watch::Receiver<Rev>,
    stopping: watch::Receiver<bool>,
    ready: VecDeque<Event>,
}

/// Changes after `since`, then every later one as it is published.
pub async fn stream(service: &Service, app: App, since: Rev) -> Result<Response, Problem> {
    let mut follower = Follower {
        published: app.published(),
        app,
        at: since,
        stopping: service.stopping.clone(),
        ready: VecDeque::new(),
    };
    // What cannot be followed is refused now, not in the middle of a stream.
    follower.fetch().await?;
    let keep_alive = KeepAlive::new().interval(KEEP_ALIVE);
    let mut response = Sse::new(events(follower)).keep_alive(keep_alive).into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // Proxies that collect answers would hold events back.
    response.headers_mut().insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    Ok(response)
}

fn events(follower: Follower) -> impl Stream<Item = Result<Event, Infallible>> {
    stream::unfold(follower, |mut follower| async move {
        loop {
            if let Some(event) = follower.ready.pop_front() {
                return Some((Ok(event), follower));
            }
            tokio::select! {
                changed = follower.published.changed() => changed.ok()?,
                stopped = follower.stopping.wait_for(|stopping| *stopping) => {
                    drop(stopped);
                    return None;
                }
            }
            // A log that was cut meanwhile ends the stream: the client comes back and is told.
            follower.fetch().await.ok()?;
        }
    })
}

impl Follower {
    /// Makes events of whatever is new.
    async fn fetch(&mut self) -> Result<(), Problem> {
        self.published.mark_unchanged();
        loop {
            let page = self.app.changes(self.at, PAGE).await?;
            for commit in page.changes.chunk_by(|a, b| a.commit == b.commit) {
                self.ready.extend(event(commit));
                self.at = commit.last().map_or(self.at, |change| change.seq);
            }
            if page.changes.len() < PAGE {
                return Ok(());
            }
        }
    }
}

fn event(commit: &[Change]) -> Option<Event> {
    let last = commit.last()?;
    let data =
        json!({ "commit": last.commit, "seq": last.seq.0, "changes": commit.iter().map(told).collect::<Vec<_>>() });
    Some(Event::default().id(last.seq.0.to_string()).event("commit").data(data.to_string()))
}
