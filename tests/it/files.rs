//! Files as they really are: encodings, compression, times, commas, other formats under a wrong name; refused features
//! that come back mended; uploads.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value as Json, json};

use crate::support::{Place, Service, collection, violation};

const TABLE: &str = "编号,经度,纬度,类别,发生时间,描述\n\
    1,105.72,34.58,占道经营,2024年3月1日 8时30分,民主路\n\
    2,105.73,34.58,04-05,2024/3/1 下午3:05,\"建设路,东段\"\n";

fn stored(place: &Place) -> Vec<Json> {
    let json: Json = serde_json::from_str(&place.ok(&["export", "violations"])).unwrap();
    json["features"].as_array().unwrap().clone()
}

fn utf16(text: &str, mark: &[u8], big: bool) -> Vec<u8> {
    let units = text.encode_utf16();
    let bytes = units.flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() });
    mark.iter().copied().chain(bytes).collect()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn tables_in_every_usual_encoding_say_the_same() {
    let gb = encoding_rs::GB18030.encode(TABLE).0.into_owned();
    for (name, bytes, told) in [
        ("plain", TABLE.as_bytes().to_vec(), None),
        ("marked", [b"\xEF\xBB\xBF", TABLE.as_bytes()].concat(), None),
        ("gb", gb.clone(), Some("gb18030")),
        ("gbz", gzip(&gb), Some("gb18030")),
        ("le", utf16(TABLE, b"\xFF\xFE", false), Some("UTF-16LE")),
        ("be", utf16(TABLE, b"\xFE\xFF", true), Some("UTF-16BE")),
        ("bare", utf16(TABLE, b"", false), Some("UTF-16LE")),
    ] {
        let place = Place::new();
        let file = place.file(&format!("{name}.csv"), bytes);
        let summary = place.ok(&["import", "violations", file.to_str().unwrap(), "--map", "external_id=编号"]);
        assert!(summary.contains("2 created"), "{name}: {summary}");
        assert_eq!(told.is_some_and(|told| summary.contains(told)), told.is_some(), "{name}: {summary}");
        assert!(summary.contains("类别 as category"), "{summary}");
        let features = stored(&place);
        let texts: Vec<&str> = features.iter().map(|one| one["properties"]["description"].as_str().unwrap()).collect();
        assert_eq!(texts, ["民主路", "建设路,东段"], "{name}");
        assert_eq!(features[0]["properties"]["category"], "street-encroachment");
        assert_eq!(features[0]["properties"]["occurred_at"], "2024-03-01T00:30:00Z");
        assert_eq!(features[1]["properties"]["occurred_at"], "2024-03-01T07:05:00Z");
    }
}

#[test]
fn an_encoding_can_be_named_and_geojson_may_have_one_too() {
    let place = Place::new();
    let (big5, ..) =
        encoding_rs::BIG5.encode("lon,lat,category,occurred_at,description\n105.7,34.5,other,2024-01-01,違規停車\n");
    let file = place.file("big5.csv", big5);
    place.ok(&["import", "violations", file.to_str().unwrap(), "--encoding", "big5"]);
    assert_eq!(stored(&place)[0]["properties"]["description"], "違規停車");
    assert_eq!(place.run(&["import", "violations", file.to_str().unwrap(), "--encoding", "klingon"]).code(), 2);
    let text = collection(&[violation(105.7, 34.5, json!({ "description": "早市占道" }))]);
    let file = place.file("gb.geojson", encoding_rs::GB18030.encode(&text).0);
    place.ok(&["import", "violations", file.to_str().unwrap()]);
    assert_eq!(stored(&place)[1]["properties"]["description"], "早市占道");
}

#[test]
fn what_is_no_table_and_no_geojson_is_refused_by_name() {
    let place = Place::new();
    let whole = gzip(&TABLE.repeat(50).into_bytes());
    let json = collection(&vec![violation(105.7, 34.5, json!({})); 50]);
    let cut_json = gzip(json.as_bytes());
    for (name, bytes, hint) in [
        ("a.geojson", b"<?xml version=\"1.0\"?><kml/>".to_vec(), "XML"),
        ("b.geojson", b"PK\x03\x04rest".to_vec(), "ZIP"),
        ("c.csv", b"\xD0\xCF\x11\xE0rest".to_vec(), "Excel"),
        ("d.geojson", b"SQLite format 3\0rest".to_vec(), "SQLite"),
        ("e.csv.gz", whole[..whole.len() / 2].to_vec(), "cut off"),
        ("f.csv.gz", whole[..whole.len() - 4].to_vec(), "cut off"),
        ("g.geojson.gz", cut_json[..cut_json.len() / 2].to_vec(), "cut off"),
        ("h.csv", b"lon,lat,name\n105.7,34.5,caf\xe9\n".to_vec(), "neither UTF-8"),
        ("i.geojson", b"".to_vec(), "ends"),
        ("j.geojson", json.as_bytes()[..json.len() / 2].to_vec(), "cut off"),
    ] {
        let file = place.file(name, bytes);
        let ran = place.run(&["import", "violations", file.to_str().unwrap(), "--on-error", "skip"]);
        assert_eq!(ran.code(), 1, "{name}: {}", ran.stdout());
        assert!(ran.stderr().contains(name) && ran.stderr().contains(hint), "{name}: {}", ran.stderr());
        assert!(stored(&place).is_empty(), "{name}");
    }
}

#[test]
fn decimal_commas_and_spreadsheet_dates() {
    let place = Place::new();
    let import = |text: &str| {
        let file = place.file("table.csv", text);
        place.run(&["import", "violations", file.to_str().unwrap(), "--set", "category=other"])
    };
    let comma = import("lon;lat;occurred_at\n105,72;34,58;2024-03-01\n");
    assert_eq!(comma.code(), 1);
    assert!(comma.stderr().contains("write a point where the comma is"), "{}", comma.stderr());
    let comma = import("lon;lat;occurred_at;accuracy_m\n105.72;34.58;2024-03-01;2,5\n");
    assert!(comma.stderr().contains("write a point where the comma is"), "{}", comma.stderr());
    let serial = import("lon,lat,occurred_at\n105.72,34.58,45352.354166667\n");
    assert!(serial.stdout().contains("1 times were a spreadsheet's day numbers"), "{}", serial.stdout());
    assert_eq!(stored(&place)[0]["properties"]["occurred_at"], "2024-03-01T00:30:00Z");
}

#[test]
fn refused_features_come_back_mended() {
    let place = Place::new();
    let table = place.file(
        "cases.csv.gz",
        gzip("id,lon,lat,category,occurred_at\na,105.7,34.5,other,2024-01-01\nb,105.7,34.5,nonsense,2024-01-01\nc,x,34.5,other,2024-01-01\nd,1\n".as_bytes()),
    );
    let arguments = |file: &str| -> Vec<String> {
        ["import", "violations", file, "--map", "external_id=id", "--on-error", "skip"].map(str::to_owned).to_vec()
    };
    let run = |file: &str| {
        let owned = arguments(file);
        place.run(&owned.iter().map(String::as_str).collect::<Vec<_>>())
    };
    let ran = run(table.to_str().unwrap());
    assert_eq!(ran.code(), 0, "{}", ran.stderr());
    assert!(ran.stdout().contains("1 created, 0 updated, 0 unchanged, 3 refused"), "{}", ran.stdout());
    let refused = place.path().join("cases.refused.csv");
    let text = std::fs::read_to_string(&refused).unwrap();
    assert_eq!(text.lines().count(), 4, "{text}");
    assert!(text.contains("line 3") && text.contains("nonsense"), "{text}");
    let mended = text.replacen("b,105.7,34.5,nonsense", "b,105.7,34.5,other", 1).replacen("c,x,", "c,105.7,", 1);
    let mended = mended.replacen("d,1,,,", "d,105.7,34.5,other,2024-01-02", 1);
    let file = place.file("mended.csv", mended);
    let ran = run(file.to_str().unwrap());
    assert!(ran.stdout().contains("3 created, 0 updated, 0 unchanged, 0 refused"), "{}{}", ran.stdout(), ran.stderr());
    assert!(!ran.stdout().contains("refused_because"), "the reason is no property: {}", ran.stdout());
    assert!(!place.path().join("mended.refused.csv").exists());

    let features = [
        violation(105.7, 34.5, json!({ "external_id": "x" })),
        json!({ "type": "Feature",
        "geometry": { "type": "Point", "coordinates": [105.7] }, "properties": { "category": "other", "occurred_at": "2024-01-01", "external_id": "y" } }),
    ];
    let file = place.file("more.geojson", collection(&features));
    let ran = place.run(&["import", "violations", file.to_str().unwrap(), "--on-error", "skip"]);
    assert_eq!(ran.code(), 0, "{}", ran.stderr());
    let refused = place.path().join("more.refused.geojsonl");
    let text = std::fs::read_to_string(&refused).unwrap();
    let feature: Json = serde_json::from_str(text.trim()).unwrap();
    assert_eq!(feature["properties"]["external_id"], "y");
    assert!(feature["properties"]["refused_because"].as_str().is_some_and(|reason| !reason.is_empty()));
    let mended = place.file("more.mended.geojsonl", text.replace("[105.7]", "[105.7,34.5]"));
    let told = place.ok(&["import", "violations", mended.to_str().unwrap()]);
    assert!(told.contains("1 created"), "{told}");
    // A dry run writes nothing.
    std::fs::remove_file(&refused).unwrap();
    place.run(&["import", "violations", file.to_str().unwrap(), "--on-error", "skip", "--dry-run"]);
    assert!(!refused.exists());
}

fn form(fields: &[(&str, &str)], name: &str, file: &[u8]) -> (String, Vec<u8>) {
    let mut body = Vec::new();
    for (field, value) in fields {
        body.extend(format!("--border\r\ncontent-disposition: form-data; name=\"{field}\"\r\n\r\n{value}\r\n").bytes());
    }
    body.extend(
        format!("--border\r\ncontent-disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n").bytes(),
    );
    body.extend_from_slice(file);
    body.extend_from_slice(b"\r\n--border--\r\n");
    ("multipart/form-data; boundary=border".to_owned(), body)
}

fn upload(service: &Service, fields: &[(&str, &str)], name: &str, file: &[u8]) -> crate::support::Answer {
    let (kind, body) = form(fields, name, file);
    service.send("POST", "/api/imports", &[("content-type", &kind)], body)
}

#[test]
fn files_are_taken_over_http_by_the_same_engine() {
    let place = Place::new();
    let service = place.serve();
    let gb = encoding_rs::GB18030.encode(TABLE).0.into_owned();
    let fields = [("layer", "violations"), ("map", r#"{"external_id": "编号"}"#)];
    let dry = upload(&service, &[&fields[..], &[("dry_run", "true")]].concat(), "案件.csv", &gb).expect(200).json();
    assert_eq!((&dry["created"], &dry["dry_run"], &dry["encoding"]), (&json!(2), &json!(true), &json!("gb18030")));
    assert!(service.get("/api/collections/violations/items").expect(200).features().is_empty());
    let done = upload(&service, &fields, "案件.csv", &gb).expect(200).json();
    assert_eq!(done["created"], 2);
    assert_eq!(service.get("/api/collections/violations/items").expect(200).features().len(), 2);
    let again = upload(&service, &fields, "cases.csv.gz", &gzip(&gb)).expect(200).json();
    assert_eq!((&again["created"], &again["unchanged"]), (&json!(0), &json!(2)));

    let wrong = b"lon,lat,category,occurred_at\n105.7,34.5,other,2024-01-01\n105.7,34.5,other,never\n";
    let told = upload(&service, &[("layer", "violations")], "wrong.csv", wrong).expect(422).json();
    assert!(told["detail"].as_str().unwrap().contains("line 3"), "{told}");
    let skipped =
        upload(&service, &[("layer", "violations"), ("on_error", "skip")], "wrong.csv", wrong).expect(200).json();
    assert_eq!((&skipped["created"], &skipped["refused"]), (&json!(1), &json!(1)));
    assert!(skipped["refused_features"]["text"].as_str().unwrap().contains("never"), "{skipped}");

    let raw = |query: &str, kind: &str, body: &[u8]| {
        service.send("POST", &format!("/api/imports?{query}"), &[("content-type", kind)], body.to_vec())
    };
    let body = collection(&[violation(105.7, 34.5, json!({ "external_id": "raw" }))]);
    assert_eq!(raw("layer=violations", "application/geo+json", body.as_bytes()).expect(200).json()["created"], 1);
    for (query, body, status) in [
        ("", body.as_bytes(), 400),
        ("layer=nothing", body.as_bytes(), 400),
        ("layer=violations&crs=moon", body.as_bytes(), 400),
        ("layer=violations&tz=moon", body.as_bytes(), 400),
        ("layer=violations&encoding=moon", body.as_bytes(), 400),
        ("layer=violations&colour=red", body.as_bytes(), 400),
        ("layer=violations&on_error=weep", body.as_bytes(), 400),
        ("layer=violations&map=a", body.as_bytes(), 400),
        ("layer=violations&map=a%3Db&map=a%3Dc", body.as_bytes(), 400),
        ("layer=violations&name=..%2F..%2Fetc%2Fpasswd", b"<xml/>", 400),
        ("layer=violations", b"", 400),
        ("layer=violations", b"{\"type\":", 400),
        ("layer=violations", &[0, 1, 2, 3, 4, 255], 400),
    ] {
        let answer = raw(query, "application/geo+json", body);
        assert_eq!(answer.status.as_u16(), status, "{query}: {}", answer.text());
        assert!(!answer.expect(status).text().contains("/tmp/"), "{query} tells where files are kept");
    }
    service
        .send("POST", "/api/imports", &[("content-type", "multipart/form-data; boundary=x")], "--x\r\nbroken")
        .expect(400);
    service.send("POST", "/api/imports", &[("content-type", "multipart/form-data")], "").expect(400);
    let headers = [("content-type", "text/csv"), ("origin", "http://elsewhere.example")];
    service.send("POST", "/api/imports?layer=violations", &headers, "lon,lat\n").expect(403);
}
