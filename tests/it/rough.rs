//! Rough files: quotes that stay open, rows without end, columns called alike; and refused features of files in other
//! encodings and systems, of several files at once.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value as Json, json};

use crate::support::{Place, Service, violation};

const HEAD: &str = "external_id,lon,lat,category,occurred_at,description\n";

fn stored(place: &Place) -> Vec<Json> {
    let json: Json = serde_json::from_str(&place.ok(&["export", "violations"])).unwrap();
    json["features"].as_array().unwrap().clone()
}

fn import(place: &Place, files: &[&str], more: &[&str]) -> (i32, String) {
    let ran = place.run(&[&["import", "violations"], files, more].concat());
    (ran.code(), ran.stdout() + &ran.stderr())
}

#[test]
fn a_quote_that_is_never_closed_is_told_with_its_line_and_nothing_is_stored() {
    let place = Place::new();
    let rows = "1,105.72,34.58,other,2026-09-01,\"a\nb\"\n2,105.72,34.58,other,2026-09-01,\"c\n3,105.73,34.58,other,2026-09-01,d\n";
    for (name, text) in
        [("lf.csv", format!("{HEAD}{rows}")), ("crlf.csv", format!("{HEAD}{rows}").replace('\n', "\r\n"))]
    {
        place.file(name, &text);
        for more in [&[][..], &["--on-error", "skip"]] {
            let (code, told) = import(&place, &[name], more);
            assert!(code == 1 && told.contains(name) && told.contains("opened in line 4"), "{told}");
            assert!(stored(&place).is_empty());
        }
        place.file(name, text.replace("\"c", "\"c\""));
        assert_eq!(import(&place, &[name], &["--dry-run"]).0, 0);
    }
}

#[test]
fn columns_that_are_called_alike_are_refused() {
    let place = Place::new();
    place.file(
        "twice.csv",
        "external_id,lon,lat,category,category,occurred_at\n1,105.72,34.58,other,noise,2026-09-01\n",
    );
    let (code, told) = import(&place, &["twice.csv"], &[]);
    assert!(code == 1 && told.contains("'category'"), "{told}");
}

fn post(service: &Service, query: &str, kind: &str, body: Vec<u8>) -> crate::support::Answer {
    service.send("POST", &format!("/api/imports?{query}"), &[("content-type", kind)], body)
}

#[test]
fn a_small_upload_cannot_take_much_memory() {
    let place = Place::new();
    let service = place.serve();
    let before = service.resident();
    for (start, told) in [
        (format!("{HEAD}1,105.72,34.58,other,2026-09-01,\""), "the quote opened in line 2"),
        (format!("{HEAD}1,105.72,34.58,other,2026-09-01,"), "the row that begins in line 2"),
        (String::new(), "the row that begins in line 1"),
    ] {
        let mut zipped = GzEncoder::new(Vec::new(), Compression::fast());
        zipped.write_all(start.as_bytes()).unwrap();
        for _ in 0..200 {
            zipped.write_all(&vec![b'x'; 1 << 20]).unwrap();
        }
        let answer = post(&service, "layer=violations&name=a.csv.gz", "text/csv", zipped.finish().unwrap()).expect(400);
        assert!(answer.text().contains(told), "{}", answer.text());
    }
    let form = |field: &str, value: &str| {
        format!("--x\r\ncontent-disposition: form-data; name=\"{field}\"\r\n\r\n{value}\r\n").into_bytes()
    };
    let closed = |fields: Vec<u8>| [&fields[..], b"--x--\r\n"].concat();
    let kind = "multipart/form-data; boundary=x";
    post(&service, "layer=violations", kind, closed(form("map", &"z".repeat(100 << 10)))).expect(413);
    // What is far too long is not waited for: the answer may be lost with the connection.
    let long = closed(form("map", &"z".repeat(300 << 20)));
    let path = "/api/imports?layer=violations";
    if let Ok(answer) = service.try_send("POST", path, &[("content-type", kind)], long.into()) {
        answer.expect(413);
    }
    let many: Vec<u8> = (0..15_000).flat_map(|at| form("map", &format!("a{at}=b"))).collect();
    post(&service, "layer=violations", kind, closed(many)).expect(413);
    let grown = service.resident().saturating_sub(before) >> 20;
    assert!(grown < 200, "{grown} MiB more");
}

#[test]
fn a_wrong_object_is_told_under_the_name_of_its_parameter() {
    let place = Place::new();
    let service = place.serve();
    let answer = post(&service, "layer=violations&set=%7B%22a%22:1%7D", "text/csv", HEAD.into()).expect(400).json();
    assert!(answer["detail"].as_str().unwrap().starts_with("set:"), "{answer}");
}

#[test]
fn refused_features_are_mended_under_the_encoding_that_was_named() {
    let place = Place::new();
    let text = "external_id,lon,lat,category,occurred_at,description\n1,105.72,34.58,胡言,2026-09-01,占道经营\n";
    place.file("cases.csv", encoding_rs::GB18030.encode(text).0);
    let options = ["--encoding", "gb18030", "--on-error", "skip"];
    import(&place, &["cases.csv"], &options);
    let refused = std::fs::read_to_string(place.path().join("cases.refused.csv")).unwrap();
    place.file("mended.csv", refused.replace("胡言", "other"));
    let (code, told) = import(&place, &["mended.csv"], &options);
    assert_eq!(code, 0, "{told}");
    assert_eq!(stored(&place)[0]["properties"]["description"], "占道经营");
}

#[test]
fn refused_features_keep_the_system_that_their_file_names() {
    let place = Place::new();
    let features: Vec<Json> = (0..2)
        .map(|at| {
            let mut feature = violation(105.73, 34.58, json!({ "external_id": at.to_string() }));
            feature["properties"]["category"] = json!("nonsense");
            feature
        })
        .collect();
    let file = json!({ "type": "FeatureCollection", "crs": { "type": "name", "properties": { "name": "gcj02" } },
        "features": features });
    place.file("right.geojson", file.to_string().replace("nonsense", "other"));
    place.file("cases.geojson", file.to_string());
    assert_eq!(import(&place, &["right.geojson"], &[]).0, 0);
    let right = stored(&place);
    import(&place, &["cases.geojson"], &["--on-error", "skip"]);
    let refused = std::fs::read_to_string(place.path().join("cases.refused.geojsonl")).unwrap();
    let mended = refused.replace("nonsense", "other");
    place.file("mended.geojsonl", &mended);
    let (code, told) = import(&place, &["mended.geojsonl"], &[]);
    assert!(code == 0 && told.contains("2 unchanged"), "{told}");
    assert_eq!(stored(&place), right);
    // Lines of two systems in one file would lie wrong.
    let (first, second) = mended.split_once('\n').unwrap();
    place.file("two.geojsonl", format!("{first}\n{}", second.replace("gcj02", "bd09")));
    let (code, told) = import(&place, &["two.geojsonl"], &[]);
    assert!(code == 1 && told.contains("line 2"), "{told}");
}

#[test]
fn refused_features_of_several_files_do_not_overwrite_each_other_or_an_input() {
    let place = Place::new();
    let row = |id: &str| format!("{HEAD}{id},105.72,34.58,nonsense,2026-09-01,x\n");
    for (name, id) in [("a.csv", "1"), ("a.txt", "2"), ("a.refused.csv", "3")] {
        place.file(name, row(id));
    }
    let (_, told) = import(&place, &["a.csv", "a.refused.csv", "a.txt"], &["--on-error", "skip"]);
    let read =
        |name: &str| std::fs::read_to_string(place.path().join(name)).unwrap_or_else(|_| panic!("{name}: {told}"));
    assert_eq!(read("a.refused.csv"), row("3"), "an input");
    let given_back = [read("a.refused.2.csv"), read("a.refused.3.csv"), read("a.refused.refused.csv")];
    for (text, id) in given_back.iter().zip(["\n1,", "\n2,", "\n3,"]) {
        assert!(text.contains(id) && text.lines().count() == 2, "{text}");
    }
}
