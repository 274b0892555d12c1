//! What changed: whole commits, as a list and as a stream.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};

use crate::support::{Place, Service, collection, violation};

fn listen(service: &Service, since: i64) -> BufReader<TcpStream> {
    let mut stream = TcpStream::connect(&service.base).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    write!(
        stream,
        "GET /api/changes?since={since} HTTP/1.1\r\nhost: {}\r\naccept: text/event-stream\r\n\r\n",
        service.base
    )
    .unwrap();
    BufReader::new(stream)
}

fn next_event(reader: &mut BufReader<TcpStream>) -> Json {
    loop {
        let mut line = String::new();
        assert!(reader.read_line(&mut line).unwrap() > 0, "the stream has ended");
        if let Some(data) = line.strip_prefix("data: ") {
            return serde_json::from_str(data.trim()).unwrap();
        }
    }
}

#[test]
fn the_list_goes_on_where_it_ended_and_never_cuts_a_commit() {
    let place = Place::new();
    let service = place.serve();
    for _ in 0..3 {
        service
            .post("violations", collection(&[violation(1.0, 1.0, json!({})), violation(1.0, 1.1, json!({}))]))
            .expect(201);
    }
    service.send("DELETE", "/api/collections/violations/items/2", &[("if-match", "*")], "");
    let first = service.get("/api/changes?since=0&limit=1").expect(200).json();
    let changes = first["changes"].as_array().unwrap();
    assert_eq!(changes.len(), 2, "a commit comes whole");
    assert_eq!(
        changes[0],
        json!({ "seq": 1, "commit": changes[1]["commit"], "layer": "violations", "id": 1, "operation": "upsert" })
    );
    let rest = service.get(&format!("/api/changes?since={}", first["last"])).expect(200).json();
    assert_eq!(rest["changes"].as_array().unwrap().len(), 5);
    assert_eq!(rest["changes"][4]["operation"], "delete");
    assert_eq!((&rest["last"], &rest["newest"]), (&json!(7), &json!(7)));
    service.get("/api/changes?since=99").expect(410);
    service.get("/api/changes?since=x").expect(400);
    service.get("/api/changes?limit=0").expect(400);
}

#[test]
fn the_stream_tells_what_is_written_here_and_by_others() {
    let place = Place::new();
    let service = place.serve();
    let mut events = listen(&service, 0);
    service.post("violations", violation(1.0, 1.0, json!({})).to_string()).expect(201);
    let event = next_event(&mut events);
    assert_eq!((&event["seq"], &event["changes"][0]["id"]), (&json!(1), &json!(1)));
    place.import("violations", &collection(&[violation(1.0, 1.0, json!({})), violation(1.0, 1.0, json!({}))]));
    let event = next_event(&mut events);
    assert_eq!(event["changes"].as_array().unwrap().len(), 2);
    drop(events);
    let mut later = listen(&service, 1);
    assert_eq!(next_event(&mut later)["seq"], 3, "a client goes on where it was");
    let started = Instant::now();
    assert_eq!(service.end("-TERM"), 0);
    assert!(started.elapsed() < Duration::from_secs(5), "streams do not hold up the end");
    let mut rest = String::new();
    drop(later.read_to_string(&mut rest));
}
