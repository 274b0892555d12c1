//! Patrol effort: imported, repeatable, told where it is wrong; sections where nobody was are not quiet.

use serde_json::Value as Json;

use super::{cases_on, street};
use crate::support::Place;

fn town() -> Place {
    let place = Place::new();
    let mut cases = cases_on(0, 20, 3, 18);
    cases.extend(cases_on(1, 10, 3, 9));
    street(&place, &cases);
    place
}

fn import(place: &Place, name: &str, text: impl AsRef<[u8]>, more: &[&str]) -> crate::support::Ran {
    let file = place.file(name, text);
    let mut arguments = vec!["import", "patrol-effort", file.to_str().unwrap()];
    arguments.extend(more);
    place.run(&arguments)
}

const GOOD: &str = "section,from,to,minutes,passes\ns0,2026-03-01,2026-04-01,600,30\ns1,2026-03-01,2026-04-01,60,6\n1,2026-04-01,2026-05-01,45,\n";

#[test]
fn a_table_is_imported_and_again_changes_nothing() {
    let place = town();
    let dry = import(&place, "effort.csv", GOOD, &["--dry-run"]);
    assert!(dry.stdout().contains("would be 3 created"), "{}", dry.stdout());
    let first = import(&place, "effort.csv", GOOD, &[]);
    assert_eq!(first.code(), 0, "{}", first.stderr());
    assert!(first.stdout().contains("3 created, 0 updated, 0 unchanged"), "{}", first.stdout());
    let again = import(&place, "effort.csv", GOOD, &[]);
    assert!(again.stdout().contains("0 created, 0 updated, 3 unchanged"), "{}", again.stdout());
    let changed = import(&place, "effort.csv", GOOD.replace("600", "700"), &[]);
    assert!(changed.stdout().contains("0 created, 1 updated, 2 unchanged"), "{}", changed.stdout());
    // As a spreadsheet in Chinese saves it.
    let (text, _, _) = encoding_rs::GB18030.encode("路段,开始,结束,巡查分钟\ns2,2026/3/1,2026年4月1日,30\n");
    let chinese = import(&place, "勤务.csv", &text, &[]);
    assert!(
        chinese.stdout().contains("1 created") && chinese.stdout().contains("gb18030"),
        "{}{}",
        chinese.stdout(),
        chinese.stderr()
    );
}

#[test]
fn what_is_wrong_is_named_with_its_place() {
    let place = town();
    for (text, parts) in [
        ("section,from,to,minutes\ns9,2026-03-01,2026-04-01,5\n", vec!["line 2", "section", "'s9'"]),
        ("section,from,to,minutes\ns0,2026-04-01,2026-03-01,5\n", vec!["line 2", "to", "before it begins"]),
        ("section,from,to,minutes\ns0,2026-03-01,2026-04-01,-5\n", vec!["line 2", "minutes", "'-5'"]),
        ("section,from,to,minutes\ns0,2026-03-01,2026-04-01,\n", vec!["line 2", "neither minutes nor passes"]),
        ("section,from,to,minutes\ns0,march,2026-04-01,1\n", vec!["line 2", "from", "march"]),
        ("section,from,to,minutes\ns0,2026-03-01,2026-04-01,1\ns0,2026-03-01,2026-04-01,2\n", vec!["line 3", "line 2"]),
    ] {
        let ran = import(&place, "wrong.csv", text, &[]);
        assert_eq!(ran.code(), 1, "{text}: {}", ran.stdout());
        assert!(parts.iter().all(|part| ran.stderr().contains(part)), "{text}: {}", ran.stderr());
    }
    let without = import(&place, "columns.csv", "road,from,to,minutes\ns0,2026-03-01,2026-04-01,5\n", &[]);
    assert_eq!(without.code(), 2);
    assert!(without.stderr().contains("section_external_id"), "{}", without.stderr());
    let mapped =
        import(&place, "columns.csv", "road,from,to,minutes\ns0,2026-03-01,2026-04-01,5\n", &["--map", "section=road"]);
    assert_eq!(mapped.code(), 0, "{}", mapped.stderr());
    // Skipped rows come back with their reasons, and the others are stored.
    let mixed = "section,from,to,minutes\ns9,2026-03-01,2026-04-01,5\ns1,2026-03-01,2026-04-01,5\n";
    let skipped = import(&place, "mixed.csv", mixed, &["--on-error", "skip"]);
    assert_eq!(skipped.code(), 0, "{}", skipped.stderr());
    assert!(skipped.stdout().contains("1 created") && skipped.stdout().contains("1 refused"), "{}", skipped.stdout());
    let back = std::fs::read_to_string(place.path().join("mixed.refused.csv")).unwrap();
    assert!(back.contains("s9") && back.contains("line 2"), "{back}");
    assert_eq!(place.run(&["import", "patrol-efort", "x.csv"]).code(), 2);
}

#[test]
fn sections_that_nobody_patrolled_are_not_observed() {
    let place = town();
    let service = place.serve();
    let march = "from=2026-03-01&to=2026-04-01";
    let class = |answer: &Json, at: usize| answer["features"][at]["properties"]["class"].clone();
    let before = service.get(&format!("/api/hotspots?method=excess&{march}")).expect(200).json();
    assert_eq!(before["parameters"]["exposure"], "length");
    // Imported beside the running service, and seen by the next question.
    assert_eq!(import(&place, "effort.csv", GOOD, &[]).code(), 0);
    for method in ["excess", "gi-star", "moran", "ranking", "density", "network-density", "emerging"] {
        let answer = service.get(&format!("/api/hotspots?method={method}&{march}&period=week")).expect(200).json();
        assert_eq!(answer["parameters"]["exposure"], "minutes", "{method}");
        let unseen: Vec<&Json> = answer["features"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|row| ["s2", "s3"].contains(&row["properties"]["external_id"].as_str().unwrap()))
            .collect();
        assert_eq!(unseen.len(), 2, "{method}: {answer}");
        assert!(unseen.iter().all(|row| row["properties"]["class"] == "not-observed"), "{method}: {unseen:?}");
    }
    let answer = service.get(&format!("/api/hotspots?method=excess&{march}")).expect(200).json();
    let first = &answer["features"][0]["properties"];
    assert_eq!((first["effort_minutes"].as_f64(), first["rate_per_patrol_hour"].as_f64()), (Some(600.0), Some(2.0)));
    // Ten cases in one hour weigh more than twenty in ten: the other section is the one that stands out.
    let over = |at: usize| answer["features"][at]["properties"]["excess"].as_f64().unwrap();
    assert!(over(1) > 0.0 && over(0) < 0.0, "{answer}");
    assert_ne!(class(&answer, 0), "not-observed");
    // Half of the period counts half; by length when that is asked for.
    let half = service.get("/api/hotspots?method=excess&from=2026-03-01&to=2026-03-16T12:00").expect(200).json();
    assert_eq!(half["features"][0]["properties"]["effort_minutes"], 300.0);
    let by_length = service.get(&format!("/api/hotspots?method=excess&exposure=length&{march}")).expect(200).json();
    assert_eq!(by_length["digest"], before["digest"]);
    // What is made of a section inherits its minutes by length.
    let id = answer["features"][0]["id"].as_i64().unwrap();
    let tag = service.get(&format!("/api/collections/road-sections/items/{id}")).header("etag").to_owned();
    let split = format!("/api/collections/road-sections/items/{id}/split");
    service
        .send("POST", &split, &[("content-type", "application/json"), ("if-match", &tag)], r#"{"share": 0.25}"#)
        .expect(201);
    let cut = service.get(&format!("/api/hotspots?method=excess&{march}")).expect(200).json();
    let mut minutes: Vec<f64> = cut["features"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["properties"]["effort_minutes"].as_f64().unwrap().round())
        .collect();
    minutes.sort_unstable_by(f64::total_cmp);
    assert_eq!(minutes, [0.0, 0.0, 60.0, 150.0, 450.0]);
}
