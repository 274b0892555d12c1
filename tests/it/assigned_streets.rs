//! The command line from files of streets to an assignment, judged again by rules written down here.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value as Json, json};

use crate::support::{Place, collection, shared};

/// A street instance: sections between junctions with their demand, squads with bases.
struct Instance {
    junctions: Vec<[f64; 2]>,
    sections: Vec<Section>,
    /// Code, strength, junction of the base.
    squads: Vec<(String, f64, usize)>,
    lower_bound_m: f64,
    class: Vec<String>,
}

struct Section {
    ends: [usize; 2],
    metres: f64,
    minutes: f64,
}

fn read(text: &str) -> Instance {
    let json: Json = serde_json::from_str(text).unwrap();
    let numbers = |name: &str| -> Vec<f64> {
        json[name].as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
    };
    let (u, v, metres, minutes) = (numbers("u"), numbers("v"), numbers("length_m"), numbers("demand_min"));
    let section =
        |at: usize| Section { ends: [u[at] as usize, v[at] as usize], metres: metres[at], minutes: minutes[at] };
    let squad = |own: &Json| {
        (
            own["id"].as_str().unwrap().to_owned(),
            own["strength"].as_f64().unwrap(),
            own["base"].as_u64().unwrap() as usize,
        )
    };
    Instance {
        junctions: serde_json::from_value(json["junctions"].clone()).unwrap(),
        sections: (0..u.len()).map(section).collect(),
        squads: json["squads"].as_array().unwrap().iter().map(squad).collect(),
        lower_bound_m: json["lower_bound_base_m"].as_f64().unwrap(),
        class: serde_json::from_value(json["class"].clone()).unwrap(),
    }
}

impl Instance {
    /// Straight lines between the junctions; a loop is a small triangle. The true length is the cost.
    fn files(&self) -> (String, String) {
        let line = |section: &Section| -> Vec<[f64; 2]> {
            let [from, to] = section.ends.map(|end| self.junctions[end]);
            if section.ends[0] != section.ends[1] {
                return vec![from, to];
            }
            let ([x, y], step) = (from, section.metres / 3.0 / 111_195.0);
            vec![[x, y], [x + step, y], [x + step / 2.0, y + step], [x, y]]
        };
        let sections: Vec<Json> = self
            .sections
            .iter()
            .enumerate()
            .map(|(at, own)| {
                json!({ "type": "Feature", "geometry": { "type": "LineString", "coordinates": line(own) },
                    "properties": { "external_id": at.to_string(), "class": self.class[at], "foot": true,
                        "cost_m": own.metres, "workload_min": own.minutes } })
            })
            .collect();
        let squads: Vec<Json> = self
            .squads
            .iter()
            .map(|(code, strength, base)| {
                json!({ "type": "Feature", "geometry": { "type": "Point", "coordinates": self.junctions[*base] },
                    "properties": { "external_id": code, "code": code, "name": code, "kind": "area", "status": "active",
                        "strength": strength } })
            })
            .collect();
        (collection(&sections), collection(&squads))
    }

    /// Metres from a junction to every other along the streets.
    fn metres_from(&self, base: usize) -> Vec<f64> {
        let mut metres = vec![f64::INFINITY; self.junctions.len()];
        metres[base] = 0.0;
        // Relaxed until nothing changes: the networks here are small.
        loop {
            let mut changed = false;
            for own in &self.sections {
                for [from, to] in [own.ends, [own.ends[1], own.ends[0]]] {
                    let through = metres[from] + own.metres.max(0.1);
                    if through < metres[to] {
                        metres[to] = through;
                        changed = true;
                    }
                }
            }
            if !changed {
                return metres;
            }
        }
    }

    fn judge(&self, squad: &[usize]) -> Judged {
        let total: f64 = self.sections.iter().map(|own| own.minutes).sum();
        let strength: f64 = self.squads.iter().map(|(_, strength, _)| strength).sum();
        let mut load = vec![0.0; self.squads.len()];
        let mut travel = 0.0;
        let from: Vec<Vec<f64>> = self.squads.iter().map(|(_, _, base)| self.metres_from(*base)).collect();
        let mut at_junction: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
        for (own, &squad) in self.sections.iter().zip(squad) {
            load[squad] += own.minutes;
            travel += own.minutes * from[squad][own.ends[0]].min(from[squad][own.ends[1]]);
            for end in own.ends {
                at_junction.entry(end).or_default().insert(squad);
            }
        }
        let deviation =
            |(load, (_, own, _)): (&f64, &(String, f64, usize))| (load / (total * own / strength) - 1.0).abs();
        Judged {
            deviation: load.iter().zip(&self.squads).map(deviation).fold(0.0, f64::max),
            travel_m: travel / total,
            seams: at_junction.values().map(|squads| squads.len() - 1).sum(),
            pieces: (0..self.squads.len()).map(|own| self.pieces(squad, own)).collect(),
        }
    }

    /// In how many pieces the sections of a squad hang together.
    fn pieces(&self, squad: &[usize], own: usize) -> usize {
        let mut left: BTreeSet<usize> = (0..squad.len()).filter(|at| squad[*at] == own).collect();
        let mut pieces = 0;
        while let Some(first) = left.pop_first() {
            pieces += 1;
            let mut reached: BTreeSet<usize> = self.sections[first].ends.into();
            loop {
                let near =
                    left.iter().copied().filter(|at| self.sections[*at].ends.iter().any(|end| reached.contains(end)));
                let near: Vec<usize> = near.collect();
                if near.is_empty() {
                    break;
                }
                for at in near {
                    left.remove(&at);
                    reached.extend(self.sections[at].ends);
                }
            }
        }
        pieces
    }
}

struct Judged {
    deviation: f64,
    travel_m: f64,
    seams: usize,
    pieces: Vec<usize>,
}

#[test]
fn streets_of_monaco_go_to_squads_that_hang_together_within_the_band() {
    let test = "streets_of_monaco_go_to_squads_that_hang_together_within_the_band";
    let Some(file) = shared(test, "assignment/streets/monaco.json") else { return };
    let instance = read(&std::fs::read_to_string(file).unwrap());
    let place = Place::new();
    let (sections, squads) = instance.files();
    place.import("road-sections", &sections);
    place.import("squads", &squads);
    let assign = |more: &[&str]| -> Json {
        let arguments = ["assign", "--workload", "workload_min", "--seed", "1"];
        serde_json::from_str(&place.ok(&[&arguments, more].concat())).unwrap()
    };
    let number = |code: &Json| instance.squads.iter().position(|(own, _, _)| own == code).unwrap();
    let read_squads = |answer: &Json| -> BTreeMap<usize, usize> {
        let sections = answer["features"].as_array().unwrap().iter().map(|own| &own["properties"]);
        sections
            .map(|own| (own["external_id"].as_str().unwrap().parse().unwrap(), number(&own["squad_code"])))
            .collect()
    };
    let answer = assign(&[]);
    let squad = read_squads(&answer);
    // Squads by a table are the same squads.
    let row = |(code, strength, base): &(String, f64, usize)| {
        let [lon, lat] = instance.junctions[*base];
        format!("{code},{strength},{lon},{lat}\n")
    };
    let table = format!("code,strength,lon,lat\n{}", instance.squads.iter().map(row).collect::<String>());
    let table = place.file("squads.csv", table);
    assert_eq!(read_squads(&assign(&["--squads", table.to_str().unwrap()])), squad);
    assert!(squad.keys().copied().eq(0..instance.sections.len()), "every section once");
    let judged = instance.judge(&squad.into_values().collect::<Vec<_>>());
    assert!(judged.pieces.iter().all(|pieces| *pieces == 1), "every squad is in one piece: {:?}", judged.pieces);
    assert!(judged.deviation <= 0.025, "{}", judged.deviation);
    assert!(judged.travel_m <= 1.03 * instance.lower_bound_m, "{} of {}", judged.travel_m, instance.lower_bound_m);
    // What the plan says of itself is so.
    let plan = &answer["plan"];
    let told = |name: &str| plan[name].as_f64().unwrap();
    assert!((told("max_deviation") - judged.deviation).abs() < 1e-4, "{plan}");
    assert!((told("travel_m") - judged.travel_m).abs() < 0.2, "{} {}", told("travel_m"), judged.travel_m);
    assert!((told("travel_bound_m") / instance.lower_bound_m - 1.0).abs() < 1e-3);
    assert_eq!((told("seams") as usize, &plan["extra_pieces"]), (judged.seams, &json!(0)));
}
