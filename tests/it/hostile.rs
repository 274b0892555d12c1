//! Hostile and broken input, on every entry: refused with the place and the reason, quickly, and nothing is stored.

use std::fmt::Write;
use std::time::{Duration, Instant};

use crate::support::{GEOJSON, Place, Service};

/// No refusal may take longer.
const LONGEST: Duration = Duration::from_secs(2);
/// Nor may it cost more memory than this, for bodies of a few MiB.
const MOST_GROWTH: u64 = 400 << 20;

struct Row {
    name: &'static str,
    layer: &'static str,
    geometry: String,
    /// Part of what is told.
    hint: &'static str,
}

fn row(name: &'static str, layer: &'static str, geometry: impl Into<String>, hint: &'static str) -> Row {
    Row { name, layer, geometry: geometry.into(), hint }
}

fn point(coordinates: &str) -> String {
    format!(r#"{{"type":"Point","coordinates":{coordinates}}}"#)
}

fn polygon(coordinates: &str) -> String {
    format!(r#"{{"type":"Polygon","coordinates":{coordinates}}}"#)
}

fn nested(open: &str, inner: &str, close: &str, levels: usize) -> String {
    format!("{}{inner}{}", open.repeat(levels), close.repeat(levels))
}

fn rows() -> Vec<Row> {
    let mut rows = vec![
        row("NaN", "violations", point("[NaN,1]"), ""),
        row("1e400", "violations", point("[1e400,1]"), ""),
        row("null ordinate", "violations", point("[null,1]"), ""),
        row("no ordinate", "violations", point("[]"), "coordinates"),
        row("one ordinate", "violations", point("[1]"), "coordinates"),
        row("duplicate key", "violations", r#"{"type":"Point","type":"Point","coordinates":[1,2]}"#, "type"),
        row(
            "short inner position",
            "jurisdictions",
            r#"{"type":"MultiPolygon","coordinates":[[[[0,0],[41],[1,0.5]]]]}"#,
            "coordinates/0/0/1",
        ),
        row(
            "empty inner position",
            "jurisdictions",
            r#"{"type":"MultiPolygon","coordinates":[[[[0,0],[],[1,0.5],[0,0]]]]}"#,
            "coordinates/0/0/1",
        ),
        row("1e300", "violations", point("[1e300,1]"), ""),
        row("beyond the globe", "violations", point("[181,1]"), "181"),
        row("swapped beyond the pole", "violations", point("[34.5,105.7]"), "105.7"),
        row("empty polygon", "jurisdictions", polygon("[]"), ""),
        row("empty ring", "jurisdictions", polygon("[[]]"), ""),
        row("unclosed ring", "jurisdictions", polygon("[[[0,0],[1,0],[1,1],[0,1]]]"), "clos"),
        row("four ordinates", "violations", point("[1,2,3,4]"), ""),
        row("five ordinates", "jurisdictions", polygon("[[[0,0],[1,0,1,1,1],[1,1],[0,0]]]"), "coordinates/0/1"),
        row("bow-tie", "jurisdictions", polygon("[[[0,0],[1,1],[1,0],[0,1],[0,0]]]"), "0.5"),
        row("two-point ring", "jurisdictions", polygon("[[[0,0],[1,1],[0,0]]]"), ""),
        row("ring without area", "jurisdictions", polygon("[[[0,0],[1,1],[2,2],[0,0]]]"), ""),
        row(
            "hole outside its shell",
            "jurisdictions",
            polygon("[[[0,0],[1,0],[1,1],[0,1],[0,0]],[[2,2],[3,2],[3,3],[2,2]]]"),
            "",
        ),
        row(
            "hole across its shell",
            "jurisdictions",
            polygon("[[[0,0],[2,0],[2,2],[0,2],[0,0]],[[1,1],[3,1],[3,1.5],[1,1]]]"),
            "",
        ),
        row(
            "shells that overlap",
            "jurisdictions",
            r#"{"type":"MultiPolygon","coordinates":[[[[0,0],[2,0],[2,2],[0,2],[0,0]]],[[[1,1],[3,1],[3,3],[1,3],[1,1]]]]}"#,
            "",
        ),
        row("line of one point", "road-sections", r#"{"type":"LineString","coordinates":[[1,2]]}"#, ""),
        row("line that stands still", "road-sections", r#"{"type":"LineString","coordinates":[[1,2],[1,2]]}"#, ""),
        row("geometry of another kind", "road-sections", point("[1,2]"), "LineString"),
        row("collection of geometries", "violations", r#"{"type":"GeometryCollection","geometries":[]}"#, ""),
        row("unknown geometry", "violations", r#"{"type":"Circle","coordinates":[1,2]}"#, "Circle"),
        row("coordinates of text", "violations", point(r#""1,2""#), ""),
        row("spaghetti", "jurisdictions", polygon(&format!("[[{}]]", spaghetti(1_000))), "cross"),
        row("too many vertices", "jurisdictions", polygon(&format!("[[{}]]", wavy(200_001))), "200000"),
        row(
            "too many rings",
            "jurisdictions",
            polygon(&format!("[{}]", vec!["[[0,0],[1,0],[1,1],[0,0]]"; 10_001].join(","))),
            "10000",
        ),
    ];
    for levels in [40, 100, 100_000] {
        let collections = nested(r#"{"type":"GeometryCollection","geometries":["#, &point("[1,2]"), "]}", levels);
        rows.push(row("nested collections", "violations", collections, "nest"));
    }
    for levels in [10, 40, 1_000_000] {
        rows.push(row("nested arrays", "violations", point(&nested("[", "1", "]", levels)), ""));
    }
    rows
}

/// A star whose edges all cross each other.
fn spaghetti(count: u32) -> String {
    let mut text = String::new();
    for at in 0..count {
        let turn = f64::from(at) * 2.399_963;
        let reach = 0.5 + f64::from(at) / f64::from(count);
        write!(text, "[{:.7},{:.7}],", turn.cos() * reach, turn.sin() * reach).unwrap();
    }
    text + "[0.5,0]"
}

/// A closed ring that waves without crossing itself.
fn wavy(count: u32) -> String {
    let mut text = String::new();
    let mut first = String::new();
    for at in 0..count - 1 {
        let turn = f64::from(at) / f64::from(count - 1) * std::f64::consts::TAU;
        let reach = 10.0 + (turn * 500.0).sin() * 0.5;
        let position = format!("[{:.7},{:.7}]", turn.cos() * reach, turn.sin() * reach);
        if at == 0 {
            first.clone_from(&position);
        }
        text += &position;
        text.push(',');
    }
    text + &first
}

fn feature(layer: &str, geometry: &str) -> String {
    let properties = match layer {
        "violations" => r#"{"category":"other","occurred_at":"2026-01-01"}"#,
        "jurisdictions" => r#"{"code":"1","name":"one"}"#,
        _ => r#"{"class":"residential"}"#,
    };
    format!(r#"{{"type":"Feature","properties":{properties},"geometry":{geometry}}}"#)
}

fn as_collection(feature: &str) -> String {
    format!(r#"{{"type":"FeatureCollection","features":[{feature}]}}"#)
}

fn nothing_is_stored(service: &Service) {
    for layer in ["violations", "jurisdictions", "road-sections"] {
        assert_eq!(
            service.get(&format!("/api/collections/{layer}/items")).expect(200).json()["numberMatched"],
            0,
            "{layer}"
        );
    }
}

#[test]
fn every_row_is_refused_over_http() {
    let place = Place::new();
    let service = place.serve();
    service.post("violations", "{}").expect(400);
    let before = service.resident();
    for Row { name, layer, geometry, hint } in rows() {
        let one = feature(layer, &geometry);
        let many = as_collection(&one);
        for body in [one, many] {
            let small = body.len() < 1 << 20;
            let collection = body.starts_with(r#"{"type":"FeatureCollection"#);
            let started = Instant::now();
            let answer = service.post(layer, body);
            let took = started.elapsed();
            assert!(took < LONGEST, "{name}: {took:?}");
            let status = answer.status.as_u16();
            assert!(
                status == 400 || status == 422 || status == 413 && !small && !collection,
                "{name}: {status} {}",
                answer.text()
            );
            let answer = answer.expect(status);
            assert!(status == 413 || answer.text().contains(hint), "{name}: {}", answer.text());
            assert!(answer.body.len() < 10_000, "{name}: a long answer");
        }
    }
    assert!(service.resident() < before + MOST_GROWTH, "memory grew from {before} to {}", service.resident());
    nothing_is_stored(&service);
    assert!(service.get("/metrics").text().contains("patrolmap_panics_total 0"));
}

#[test]
fn every_row_is_refused_by_import() {
    let place = Place::new();
    for Row { name, layer, geometry, hint } in rows() {
        let one = feature(layer, &geometry);
        for (file, content) in [("one.geojson", as_collection(&one)), ("lines.geojsonl", one.clone() + "\n")] {
            let path = place.file(file, content);
            let started = Instant::now();
            let ran = place.run(&["import", layer, path.to_str().unwrap()]);
            let took = started.elapsed();
            assert!(took < LONGEST, "{name}: {took:?}");
            assert_eq!(ran.code(), 1, "{name}: {} {}", ran.stdout(), ran.stderr());
            assert!(ran.stderr().contains(file) && ran.stderr().contains(hint), "{name}: {}", ran.stderr());
            assert!(!ran.stderr().contains("panicked") && ran.stderr().len() < 10_000, "{name}: {}", ran.stderr());
        }
    }
    nothing_is_stored(&place.serve());
}

#[test]
fn broken_documents_are_told_where() {
    let place = Place::new();
    let service = place.serve();
    let deep = nested(r#"{"a":"#, "1", "}", 100_000);
    let bodies = [
        "",
        "{",
        "null",
        "[]",
        "7",
        "\"x\"",
        r#"{"type":"Feature"}"#,
        r#"{"type":"FeatureCollection"}"#,
        r#"{"type":"FeatureCollection","features":{}}"#,
        r#"{"type":"Point","coordinates":[1,2]}"#,
        r#"{"type":"Feature","properties":[],"geometry":null}"#,
        r#"{"type":"Feature","properties":{},"geometry":{"type":"Point"}}"#,
        r#"{"type":"Feature","id":{},"properties":{},"geometry":null}"#,
        "{\"type\":\"Feature\",\"properties\":{\"name\":\"\u{0}\"}}",
        &deep,
    ];
    for body in bodies {
        let answer = service.post("violations", body.to_owned());
        let status = answer.status.as_u16();
        assert!(status == 400 || status == 422, "{}: {status}", &body[..body.len().min(80)]);
        answer.expect(status);
    }
    service.send("POST", "/api/collections/violations/items", &[GEOJSON], vec![0xFF, 0xFE, b'{']).expect(400);
    nothing_is_stored(&service);
}

#[test]
fn large_valid_geometry_is_taken_quickly() {
    let place = Place::new();
    let service = place.serve();
    let touching = polygon("[[[0,0],[4,0],[4,4],[0,4],[0,0]],[[0,0],[2,1],[1,2],[0,0]]]");
    service.post("jurisdictions", feature("jurisdictions", &touching)).expect(201);
    let large = feature("jurisdictions", &polygon(&format!("[[{}]]", wavy(100_000)))).replace("\"1\"", "\"2\"");
    let started = Instant::now();
    service.post("jurisdictions", as_collection(&large)).expect(201);
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
}

#[test]
fn a_slow_or_silent_client_holds_up_nobody() {
    use std::io::{Read, Write};
    let place = Place::new();
    let service = place.serve();
    let mut silent: Vec<_> = (0..50).map(|_| std::net::TcpStream::connect(&service.base).unwrap()).collect();
    for stream in &mut silent {
        stream.write_all(b"POST /api/collections/violations/items HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{").unwrap();
    }
    service.get("/api/collections/violations/items").expect(200);
    let mut long = std::net::TcpStream::connect(&service.base).unwrap();
    long.write_all(b"GET / HTTP/1.1\r\nx: ").unwrap();
    // The service may hang up in the middle: that is a refusal, too.
    drop(long.write_all("a".repeat(200_000).as_bytes()));
    let mut answer = Vec::new();
    drop(long.read_to_end(&mut answer));
    let answer = String::from_utf8_lossy(&answer);
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{answer}");
    service.get("/healthz").expect(200);
}
