//! Hotspot statistics of events: the reference cases to their tolerance, and properties against brute force.

mod clusters;
mod density;
mod interaction;
mod moving;
mod scans;
mod trends;

use serde_json::Value as Json;

use crate::support::{Seeded, shared};

/// Columns of a reference table by name.
pub struct Table {
    names: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    pub fn read(test: &str, file: &str) -> Option<Self> {
        let path = shared(test, &format!("hotspot/{file}"))?;
        let text = if std::path::Path::new(file).extension().is_some_and(|ending| ending == "gz") {
            crate::support::read_gzip(&path)
        } else {
            std::fs::read_to_string(path).unwrap()
        };
        let mut lines =
            text.lines().map(|line| line.split(',').map(|field| field.trim().to_owned()).collect::<Vec<_>>());
        Some(Self { names: lines.next().unwrap(), rows: lines.collect() })
    }

    pub fn text(&self, name: &str) -> Vec<&str> {
        let at = self.names.iter().position(|known| known == name).unwrap_or_else(|| panic!("no column {name}"));
        self.rows.iter().map(|row| row[at].as_str()).collect()
    }

    pub fn numbers(&self, name: &str) -> Vec<f64> {
        self.text(name).into_iter().map(|field| field.parse().unwrap()).collect()
    }

    pub fn positions(&self) -> Vec<[f64; 2]> {
        self.numbers("x").into_iter().zip(self.numbers("y")).map(|(x, y)| [x, y]).collect()
    }
}

pub fn summary(test: &str) -> Option<Json> {
    let path = shared(test, "hotspot/expected/summary.json")?;
    Some(serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap())
}

/// Days since the start of 2018-10-01 of `2018-10-01T08:55`, by the civil calendar.
pub fn days(text: &str) -> f64 {
    let number = |range: std::ops::Range<usize>| text[range].parse::<i64>().unwrap();
    let (year, month, day) = (number(0..4), number(5..7), number(8..10));
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let since = 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day;
    let first = 365 * 2018 + 2018 / 4 - 2018 / 100 + 2018 / 400 + (153 * 7 + 2) / 5 + 1;
    let minutes = if text.len() >= 16 { number(11..13) * 60 + number(14..16) } else { 0 };
    // One division, as the reference: the limit of seven days is met to the last bit.
    ((since - first) * 86_400 + minutes * 60) as f64 / 86_400.0
}

pub fn close(what: &str, ours: f64, wanted: f64, tolerance: f64) {
    assert!((ours - wanted).abs() <= tolerance * wanted.abs().max(1.0), "{what}: {ours}, and not {wanted}");
}

/// Cases in clumps and scattered, on a lattice of halves so that equal distances occur.
pub fn clumps(seeded: &mut Seeded, count: usize, extent: f64) -> Vec<[f64; 2]> {
    let centres: Vec<[f64; 2]> = (0..4).map(|_| [seeded.share() * extent, seeded.share() * extent]).collect();
    (0..count)
        .map(|_| {
            let place = if seeded.below(3) == 0 {
                [seeded.share() * extent, seeded.share() * extent]
            } else {
                let centre = centres[seeded.below(4) as usize];
                let mut offset = || (seeded.share() + seeded.share() - 1.0) * extent / 10.0;
                [centre[0] + offset(), centre[1] + offset()]
            };
            place.map(|metres| (metres * 2.0).round() / 2.0)
        })
        .collect()
}

/// The order of a seeded shuffle.
pub fn shuffled(seeded: &mut Seeded, count: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..count).collect();
    for last in (1..count).rev() {
        order.swap(last, seeded.below(last as u64 + 1) as usize);
    }
    order
}

/// Whether two partitions are the same up to the names of the clusters.
pub fn same_partition(a: &[Option<u32>], b: &[Option<u32>]) -> bool {
    let mut forward = std::collections::HashMap::new();
    let mut backward = std::collections::HashMap::new();
    a.len() == b.len()
        && a.iter().zip(b).all(|pair| match pair {
            (None, None) => true,
            (Some(x), Some(y)) => forward.entry(*x).or_insert(*y) == y && backward.entry(*y).or_insert(*x) == x,
            _ => false,
        })
}
