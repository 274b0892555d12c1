//! A bare handler that returns the same bytes every time: what the service is measured against.
//!
//! `bare ADDRESS FILE`: serves the file's bytes at `/`, with the same server library and no layer round it.

use axum::Router;
use axum::http::header;
use axum::routing::get;
use bytes::Bytes;

fn main() {
    let mut arguments = std::env::args().skip(1).filter(|argument| argument != "--bench");
    let (Some(address), Some(file)) = (arguments.next(), arguments.next()) else {
        eprintln!("bare ADDRESS FILE: nothing to serve");
        return;
    };
    let body = Bytes::from(std::fs::read(file).expect("the file can be read"));
    let answer = move || {
        let body = body.clone();
        // A fresh buffer an answer, as any answer that is put together has.
        async move { ([(header::CONTENT_TYPE, "application/geo+json")], body.to_vec()) }
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind(address).await.expect("the address is free");
        axum::serve(listener, Router::new().route("/", get(answer))).await.expect("the server runs");
    });
}
