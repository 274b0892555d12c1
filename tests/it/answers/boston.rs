//! 33,014 real cases: the ranking is as good as plain counts on the quarter that was held back, or says that it is not.

use serde_json::Value as Json;

use crate::support::{BOSTON, Place, import_of_boston, shared};

/// The program as Boston's bureau would run it.
fn run(place: &Place, arguments: &[&str]) -> String {
    let output = place.command(arguments).env("PATROLMAP_TIMEZONE", "America/New_York").output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn figures<'a>(answer: &'a Json, method: &str, of: &str) -> Vec<&'a Json> {
    let methods = answer["backtest"]["methods"].as_array().unwrap();
    let line = methods.iter().find(|line| line["method"] == method).unwrap_or_else(|| panic!("{method}: {answer}"));
    line[of].as_array().unwrap().iter().collect()
}

#[test]
fn the_ranking_of_real_cases_is_judged_on_the_newest_quarter() {
    let Some(file) = shared("the_ranking_of_real_cases_is_judged_on_the_newest_quarter", BOSTON) else { return };
    let place = Place::new();
    run(&place, &import_of_boston(&file));
    let grid = ["--unit", "grid", "--cell-m", "250", "--grid-crs", "EPSG:32619", "--empty", "true"];
    let ask = |more: &[&str]| -> Json {
        let words: Vec<&str> = ["hotspots"].iter().chain(&grid).chain(more).copied().collect();
        serde_json::from_str(&run(&place, &words)).unwrap()
    };
    let answer = ask(&[]);
    assert_eq!(answer["cases"]["used"], 33_014);
    assert_eq!(answer["parameters"]["units"], 4_884, "cells of the bounding lattice");
    assert_eq!(answer["backtest"]["held_back"], serde_json::json!(["2019-10-01", "2019-12-31"]));
    // What the reference has for plain counts; stored places are rounded to a centimetre.
    let counts = figures(&answer, "counts", "held_back");
    for (told, wanted) in counts.iter().zip([20.879, 11.565, 7.924]) {
        assert!((told["pai"].as_f64().unwrap() / wanted - 1.0).abs() < 2e-3, "{told}");
    }
    let density = figures(&answer, "density", "held_back");
    for (told, wanted) in density.iter().zip([19.171, 10.900, 7.579]) {
        assert!((told["pai"].as_f64().unwrap() / wanted - 1.0).abs() < 5e-3, "{told}");
    }
    let winner = answer["winner"].as_str().unwrap();
    let verdict = answer["verdict"].as_str().unwrap();
    let reached = figures(&answer, winner, "held_back")
        .iter()
        .zip(&counts)
        .all(|(own, plain)| own["pai"].as_f64().unwrap() >= plain["pai"].as_f64().unwrap());
    assert!(reached || verdict.contains("does not reach plain counts"), "{verdict}");
    assert_eq!(answer["beats_counts"], winner != "counts");
    assert!(winner != "counts" || verdict.contains("nothing beats plain counts"), "{verdict}");
    // The choice is made without the newest quarter: it is the same when that is not there.
    let before = ask(&["--to", "2019-10-01"]);
    let rolling = |answer: &Json, method: &str| {
        figures(answer, method, "rolling").iter().map(|told| (*told).clone()).collect::<Vec<_>>()
    };
    assert_eq!(before["cases"]["used"], 24_087);
    assert!(
        before["backtest"]["origins"].as_array().unwrap().len()
            < answer["backtest"]["origins"].as_array().unwrap().len()
    );
    assert_eq!(rolling(&answer, "counts").len(), 3);
    // Ranks go from the best score down.
    let scores: Vec<f64> =
        answer["features"].as_array().unwrap().iter().map(|row| row["properties"]["score"].as_f64().unwrap()).collect();
    assert!(scores.is_sorted_by(|a, b| a >= b));
    // Gi* of the reference flags 347 cells as hot after the correction, none as cold.
    let gi = ask(&["--method", "gi-star", "--to", "2020-01-01"]);
    let classes: Vec<i64> =
        gi["features"].as_array().unwrap().iter().map(|row| row["properties"]["class"].as_i64().unwrap()).collect();
    let hot = classes.iter().filter(|class| **class >= 2).count();
    assert!((345..=349).contains(&hot), "{hot} hot cells");
    assert!(classes.iter().all(|class| *class >= 0), "sparse counts make no cold spots");
    // Cases on an edge, stored to a centimetre, stay in the cell above it.
    for (cell, count) in [("1323:18768", 146), ("1323:18769", 147)] {
        let rows = gi["features"].as_array().unwrap();
        let row = rows.iter().map(|row| &row["properties"]).find(|row| row["cell"] == cell).unwrap();
        assert_eq!(row["count"], count, "{row}");
    }
    // No streets are stored: what is of streets says what to do.
    let ran = place.run(&["hotspots", "--method", "excess"]);
    assert!(ran.stderr().contains("--unit grid"), "{}", ran.stderr());
    let recurring: Json =
        serde_json::from_str(&run(&place, &["recurrence", "--distance-m", "30", "--limit", "5"])).unwrap();
    assert_eq!(
        (recurring["parameters"]["by"].as_str(), recurring["features"].as_array().unwrap().len()),
        (Some("line"), 5)
    );
}
