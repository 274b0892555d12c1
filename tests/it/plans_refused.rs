//! Plans that are refused with the reason, and plans that name squads which have no streets any more.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use crate::plans::{owners, plans, propose, publish, squad, town};
use crate::support::{GEOJSON, Place};

#[test]
fn a_plan_that_leaves_sections_out_or_names_the_wrong_squads_is_refused() {
    let place = Place::new();
    town(&place);
    let service = place.serve();
    let ids: Vec<i64> = owners(&service).into_keys().collect();
    let pairs: Vec<Json> = ids[1..].iter().map(|id| json!({ "section_id": id, "squad_code": "A" })).collect();
    let (id, tag) = propose(&service, &json!({ "from": "given", "sections": pairs }));
    let refused = plans(&service, "POST", &format!("/{id}/publish"), Some(&tag), &Json::Null).expect(422);
    let detail = refused.json()["detail"].as_str().unwrap().to_owned();
    assert!(detail.contains("1 of 60") && detail.contains(&format!("is {}", ids[0])), "{detail}");
    assert!(owners(&service).values().all(|squad| *squad == 0), "nothing is half done");
    let twice = ["A", "B"].map(|code| json!({ "section_id": ids[0], "squad_code": code }));
    let moves =
        plans(&service, "PATCH", &format!("/{id}/sections"), Some(&tag), &json!({ "sections": twice })).expect(422);
    assert!(moves.text().contains("two squads"), "{}", moves.text());
    plans(&service, "DELETE", &format!("/{id}"), None, &Json::Null).expect(428);
    let mobile: Vec<Json> = ids.iter().map(|id| json!({ "section_id": id, "squad_code": "M" })).collect();
    for (wish, word) in [
        (json!({ "from": "given", "sections": mobile }), "area or township"),
        (
            json!({ "from": "given", "sections": [{ "section_id": 999_999, "squad_code": "A" }] }),
            "no such road section",
        ),
        (
            json!({ "locks": [{ "section_id": ids[0], "squad_code": "A" }, { "section_id": ids[0], "squad_code": "B" }] }),
            "locked to squad",
        ),
        (json!({ "strengths": { "A": 0 } }), "strength 0"),
        (json!({ "strengths": { "Z": 1 } }), "no squad with the code Z"),
        (json!({ "workload": "workload_min" }), "has no workload_min"),
        (json!({ "nonsense": 1 }), "nonsense"),
        (json!({ "travel_allowance": -1 }), "at least 0"),
        (json!({ "name": " " }), "1 to 200 bytes"),
        (json!({ "name": "x".repeat(1 << 20) }), "1 to 200 bytes"),
        (json!({ "weights": { "visits_by_grade": { "stern": 2 } } }), "there are strict, controlled, general"),
        (json!({ "weights": { "minutes_by_category": { "vendor": 2 } } }), "mobile-vendor"),
        (
            json!({ "weights": { "minutes_by_category": { "04-06": 2, "street-encroachment": 3 } } }),
            "street-encroachment is named twice",
        ),
        (json!({ "from": "rotate" }), "no squad by the plan in force"),
    ] {
        let answer = plans(&service, "POST", "", None, &wish).expect(422);
        assert!(answer.text().contains(word), "{wish}: {}", answer.text());
    }
    // A squad that retires meanwhile cannot get sections.
    let (id, tag) = propose(&service, &json!({}));
    let retired = squad(&service, "B");
    let path = format!("/api/collections/squads/items/{retired}");
    service.send("PATCH", &path, &[GEOJSON, ("if-match", "*")], r#"{"properties":{"status":"retired"}}"#).expect(200);
    let refused = plans(&service, "POST", &format!("/{id}/publish"), Some(&tag), &Json::Null).expect(422);
    assert!(refused.text().contains("is retired"), "{}", refused.text());
    plans(&service, "GET", "/999", None, &Json::Null).expect(404);
    plans(&service, "GET", "/0x1", None, &Json::Null).expect(404);
}

/// Squads retire and lose their people while plans name them.
#[test]
fn a_plan_tells_of_squads_that_have_no_streets_any_more() {
    let place = Place::new();
    town(&place);
    let service = place.serve();
    let change = |code: &str, properties: Json| {
        let path = format!("/api/collections/squads/items/{}", squad(&service, code));
        let body = json!({ "properties": properties }).to_string();
        service.send("PATCH", &path, &[GEOJSON, ("if-match", "*")], body).expect(200);
    };
    let (first, tag) = propose(&service, &json!({ "name": "first", "seed": 1 }));
    publish(&service, first, &tag);
    let by_squad = |plan: i64| {
        let mut counts: BTreeMap<String, i64> = BTreeMap::new();
        for section in service.get(&format!("/api/plans/{plan}/sections")).expect(200).features() {
            *counts.entry(section["properties"]["squad_code"].as_str().unwrap_or("nobody").to_owned()).or_default() +=
                1;
        }
        counts
    };
    let whole = by_squad(first);
    assert_eq!(whole.keys().collect::<Vec<_>>(), ["A", "B", "C"]);
    // Nobody on duty: a new plan is refused, the one that is there is still read.
    change("C", json!({ "strength": 0 }));
    plans(&service, "POST", "", None, &json!({})).expect(422);
    assert_eq!(by_squad(first), whole);
    assert!(service.get(&format!("/api/plans/{first}")).expect(200).json()["changes"].is_array());
    // C is gone, B after it: each plan and the way between them still names both.
    change("C", json!({ "strength": 10, "status": "retired" }));
    assert_eq!(by_squad(first), whole);
    let (second, _) = propose(&service, &json!({ "seed": 1 }));
    change("B", json!({ "status": "retired" }));
    let now = by_squad(second);
    assert_eq!(now.keys().collect::<Vec<_>>(), ["A", "B"]);
    let told = service.get(&format!("/api/plans/{second}/compare?with={first}")).expect(200).json();
    let rows = told["squads"].as_array().unwrap();
    for (code, count) in &whole {
        let row = rows.iter().find(|row| row["code"] == *code.as_str()).unwrap();
        assert_eq!(row["sections_before"], *count, "{row}");
        assert_eq!(row["sections_after"], now.get(code).copied().unwrap_or(0), "{row}");
        assert_eq!(row["deviation_after"].is_null(), code != "A", "{row}");
    }
    let mut moved = 0;
    for block in told["changes"].as_array().unwrap() {
        assert!(block["from_squad_id"].is_i64() && block["to_squad_id"].is_i64(), "{block}");
        assert_ne!(block["from_squad_id"], block["to_squad_id"], "{block}");
        moved += block["sections"].as_i64().unwrap();
    }
    assert!(moved >= whole["C"], "from one retired squad to another is a change, too: {told}");
    assert_eq!(told["sections_moved"], moved);
}
