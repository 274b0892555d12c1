//! Figures that say what they seem to say: equal lengths compared, effort where it is on record, periods with records, the
//! same cases in any order.

use serde_json::{Value as Json, json};

use super::{cases_on, street};
use crate::support::{Place, collection, violation};

#[test]
fn rankings_of_streets_are_compared_at_equal_length() {
    let place = Place::new();
    // Two long streets with many cases, and short ones with more a metre.
    let line = |west: f64, metres: f64| json!([[west, 34.5], [west + metres / 91_800.0, 34.5]]);
    let sections: Vec<Json> = (0..12)
        .map(|at| {
            let metres = if at < 4 { 1_500.0 } else { 60.0 };
            json!({ "type": "Feature", "properties": { "external_id": format!("s{at}"), "class": "residential" },
                "geometry": { "type": "LineString", "coordinates": line(105.7 + f64::from(at) * 0.02, metres) } })
        })
        .collect();
    place.import("road-sections", &collection(&sections));
    let mut cases = Vec::new();
    for month in 1..=12 {
        for at in 0..12 {
            for day in 1..=(if at < 4 { 12 } else { 2 + at % 4 }) {
                let time = format!("2026-{month:02}-{day:02}T12:00:00+08:00");
                cases.push(violation(105.7002 + f64::from(at) * 0.02, 34.500_01, json!({ "occurred_at": time })));
            }
        }
    }
    place.import("violations", &collection(&cases));
    let service = place.serve();
    let answer = service.get("/api/hotspots").expect(200).json();
    let methods = answer["backtest"]["methods"].as_array().unwrap();
    let figures = |name: &str| {
        let line = methods.iter().find(|line| line["method"] == name).unwrap_or_else(|| panic!("{name}: {answer}"));
        line["held_back"].as_array().unwrap().clone()
    };
    for method in methods {
        for figure in method["held_back"].as_array().unwrap() {
            // At equal length the accuracy is the hit rate over the share, whatever the method.
            let of = |name: &str| figure[name].as_f64().unwrap();
            assert!((of("pai") - of("hit_rate") / of("share")).abs() < 1e-4 * of("pai").max(1.0), "{method}");
            assert!(of("pei") <= 1.0 + 1e-9, "{method}");
        }
    }
    // What has most cases a metre catches most at equal length, and so it is taken.
    assert!(
        figures("counts-per-metre")[1]["hit_rate"].as_f64() > figures("counts")[1]["hit_rate"].as_f64(),
        "{answer}"
    );
    assert_eq!((answer["winner"].as_str(), answer["beats_counts"].as_bool()), (Some("counts-per-metre"), Some(true)));
    assert!(answer["verdict"].as_str().unwrap().contains("length of the streets"));
    // The tiers are shares of the length, too: a tenth of it is not a tenth of the number.
    let (mut length, mut top) = (0.0, 0.0);
    for row in answer["features"].as_array().unwrap() {
        let own = row["properties"]["length_m"].as_f64().unwrap();
        length += own;
        top += if row["properties"]["class"] == "rest" { 0.0 } else { own };
    }
    assert!(top / length < 0.35 && top / length > 0.07, "{top} of {length}");
}

fn import_effort(place: &Place, text: &str) -> crate::support::Ran {
    let file = place.file("effort.csv", text);
    place.run(&["import", "patrol-effort", file.to_str().unwrap()])
}

#[test]
fn a_little_effort_does_not_turn_the_town_over() {
    let place = Place::new();
    let mut cases = cases_on(0, 28, 3, 18);
    cases.extend(cases_on(0, 14, 5, 18));
    cases.extend(cases_on(2, 14, 5, 18));
    street(&place, &cases);
    let too_many = import_effort(&place, "section,from,to,minutes\ns0,2026-03-01,2026-03-08,1e308\n");
    assert!(too_many.code() == 1 && too_many.stderr().contains("people"), "{}", too_many.stderr());
    assert_eq!(import_effort(&place, "section,from,to,minutes\ns0,2026-03-01,2026-03-08,420\n").code(), 0);
    let service = place.serve();
    let ask = |query: &str| service.get(&format!("/api/hotspots?{query}")).expect(200).json();
    for method in ["ranking", "excess", "gi-star"] {
        let answer = ask(&format!("method={method}"));
        assert_eq!(answer["parameters"]["exposure"], "length", "{method}");
        let note = answer["note"].as_str().unwrap();
        assert!(note.contains("2026-03-01 to 2026-03-08") && note.contains("exposure=effort"), "{note}");
        assert!(!answer.to_string().contains("not-observed"), "{answer}");
    }
    // Asked for, it is used: only the seven cases while it was on record are divided by it.
    let answer = ask("method=gi-star&exposure=effort");
    let row = |name: &str| {
        let rows = answer["features"].as_array().unwrap();
        rows.iter().map(|row| &row["properties"]).find(|row| row["external_id"] == name).unwrap().clone()
    };
    let s0 = row("s0");
    assert_eq!((&s0["count"], &s0["count_in_effort"], &s0["observed"]), (&json!(42), &json!(7), &json!(true)));
    assert_eq!(s0["rate_per_patrol_hour"], 1.0);
    // Who saw cases was there; where there are neither cases nor effort nobody knows.
    let s2 = row("s2");
    assert!(s2["observed"] == false && s2["class"].is_i64(), "{s2}");
    assert_eq!(row("s3")["class"], "not-observed");
    assert!(
        ask("method=gi-star&exposure=effort&value=rate")["note"].as_str().unwrap().contains("fewer than 2 sections")
    );
    let scan = ask("method=scan&model=poisson&exposure=effort&permutations=9");
    assert!(scan["note"].is_string() || scan["cases"]["dropped"].to_string().contains("without-effort"), "{scan}");
    // In the period that it covers it is used unasked.
    assert_eq!(ask("from=2026-03-01&to=2026-03-08&method=excess")["parameters"]["exposure"], "minutes");
}

#[test]
fn before_and_after_have_records() {
    let place = Place::new();
    let mut cases = cases_on(0, 28, 3, 18);
    cases.extend(cases_on(0, 10, 4, 18));
    cases.extend(cases_on(3, 28, 3, 18));
    cases.extend(cases_on(3, 10, 4, 18));
    street(&place, &cases);
    let service = place.serve();
    let ask = |query: &str| service.get(&format!("/api/before-after?{query}")).expect(200).json();
    // Ten days before and ten after: nothing is stored before March, and the last day counts whole.
    let early = ask("sections=s0&control_sections=s3&split_date=2026-03-11");
    assert_eq!(early["parameters"]["before"], json!(["2026-02-28T16:00:00Z", "2026-03-10T16:00:00Z"]));
    assert_eq!(early["parameters"]["after"], json!(["2026-03-10T16:00:00Z", "2026-03-20T16:00:00Z"]));
    assert_eq!((&early["target"]["before"], &early["target"]["after"]), (&json!(10), &json!(10)));
    assert!((early["effect"]["ratio"].as_f64().unwrap() - 1.0).abs() < 1e-9, "{early}");
    let late = ask("sections=s0&control_sections=s3&split_date=2026-04-01");
    assert_eq!(late["target"]["after"], 10, "the newest case is one of them: {late}");
    assert_eq!(late["parameters"]["after"][1], "2026-04-10T16:00:00Z");
    let written = ask("sections=s0&control_sections=s3&before=2025-01-01/2026-04-01&after=2026-04-01/2026-04-11");
    assert!(written["note"].as_str().unwrap().contains("2026-03-01"), "{written}");
    let alone = ask("sections=s0,s1,s2,s3&split_date=2026-04-01");
    assert!(alone["effect"]["note"].as_str().unwrap().contains("smaller rings"), "{alone}");
}

#[test]
fn the_same_cases_in_another_order_give_the_same_rows() {
    let mut cases: Vec<Json> =
        (1..=6).flat_map(|month| (0..4).flat_map(move |at| cases_on(at, 12, month, 18))).collect();
    let asked = [
        "method=near-repeat&permutations=49",
        "method=clusters&min_points=5&eps_m=20",
        "method=clusters&algorithm=st-dbscan&min_points=3",
        "method=scan&permutations=19",
    ];
    let rows = |cases: &[Json]| -> Vec<Json> {
        let place = Place::new();
        street(&place, cases);
        let service = place.serve();
        asked
            .map(|query| service.get(&format!("/api/hotspots?{query}")).expect(200).json()["features"].clone())
            .to_vec()
    };
    let first = rows(&cases);
    cases.reverse();
    cases.rotate_left(77);
    assert_eq!(first, rows(&cases));
    assert!(first.iter().take(3).all(|rows| !rows.as_array().unwrap().is_empty()));
}

#[test]
fn an_answer_carries_its_question() {
    let place = Place::new();
    let mut cases = cases_on(0, 20, 3, 18);
    cases.extend(cases_on(3, 2, 3, 18));
    street(&place, &cases);
    let service = place.serve();
    let ask = |query: &str| service.get(&format!("/api/hotspots?{query}")).expect(200).json();
    let answer = ask("method=gi-star&status=reported&value=rate&limit=2&cell_m=100&alpha=0.01");
    let parameters = &answer["parameters"];
    assert_eq!(parameters["where"], json!({ "status": ["reported"] }));
    assert_eq!((&parameters["value"], &parameters["limit"]), (&json!("rate"), &json!(2)));
    assert_eq!(answer["ignored"], json!(["cell_m"]));
    // The false-discovery rate decides what is told as significant.
    let significant = |alpha: f64| {
        let answer = ask(&format!("method=gi-star&alpha={alpha}"));
        let rows: Vec<Json> =
            answer["features"].as_array().unwrap().iter().map(|row| row["properties"].clone()).collect();
        assert!(
            rows.iter().all(|row| row["significant"] == (row["p_adjusted"].as_f64().unwrap() <= alpha)),
            "{answer}"
        );
        rows.iter().filter(|row| row["significant"] == true).count()
    };
    assert!(significant(0.999) > significant(1e-7));
    // A plus that an address turns into a blank is one.
    let from = ask("from=2026-03-11T00:00:00+08:00");
    assert_eq!(from["cases"]["used"], 10);
}
