//! Two passes over the file, blocks decoded side by side: first the ways, then the places of the nodes they pass.

use std::collections::HashMap;
use std::fs::File;
use std::path::Path;

use osmpbf::{Element, ElementReader, ErrorKind};

use crate::formats::FormatError;
use crate::formats::osm::frames::end_with_the_file;
use crate::formats::osm::tags::{KEYS, Tags, is_entrance};
use crate::formats::osm::{Extract, Position, Way};

/// Reads the streets and the parking of an extract, in PBF.
///
/// Memory: what is kept, not the file. Errors name the block where the file stops making sense; a file that is cut
/// off, or goes on behind its last block, is refused. Relations are not read.
pub fn read(path: &Path) -> Result<Extract, FormatError> {
    let opened = File::open(path).and_then(end_with_the_file);
    if !opened.map_err(|source| FormatError::Open { path: path.to_owned(), source })? {
        let detail = "is no whole OpenStreetMap PBF extract: it is cut off, or more stands behind its end".to_owned();
        return Err(FormatError::Broken { place: path.display().to_string(), detail });
    }
    let first = pass(path, ways_of, Ways::merge)?;
    let Ways { mut streets, mut parking, mut nodes, entrances } = first;
    streets.sort_by_key(|way| way.id);
    parking.sort_by_key(|way| way.id);
    nodes.sort_by_key(|(id, ..)| *id);
    let mut wanted: Vec<i64> = streets.iter().chain(&parking).flat_map(|way| way.nodes.iter().copied()).collect();
    wanted.sort_unstable();
    wanted.dedup();
    let found = pass(path, |element| position_of(&element, &wanted), append)?;
    let positions: HashMap<i64, Position> = found.into_iter().collect();
    let entrances = entrances.into_iter().filter_map(|id| Some((id, *positions.get(&id)?))).collect();
    Ok(Extract { ways: streets, parking_ways: parking, parking_nodes: nodes, positions, entrances })
}

fn pass<T: Default + Send>(
    path: &Path,
    map: impl Fn(Element<'_>) -> T + Send + Sync,
    merge: impl Fn(T, T) -> T + Send + Sync,
) -> Result<T, FormatError> {
    let reader = ElementReader::from_path(path).map_err(|error| broken(path, error))?;
    reader.par_map_reduce(map, T::default, merge).map_err(|error| broken(path, error))
}

fn broken(path: &Path, error: osmpbf::Error) -> FormatError {
    let detail = format!("is no whole OpenStreetMap PBF extract, or it is cut off: {error}");
    match error.into_kind() {
        ErrorKind::Io(source) if source.kind() != std::io::ErrorKind::UnexpectedEof => {
            FormatError::Open { path: path.to_owned(), source }
        }
        _ => FormatError::Broken { place: path.display().to_string(), detail },
    }
}

#[derive(Default)]
struct Ways {
    streets: Vec<Way>,
    parking: Vec<Way>,
    nodes: Vec<(i64, Position, Tags)>,
    /// Nodes that are entrances of what they lie on.
    entrances: Vec<i64>,
}

impl Ways {
    fn merge(self, other: Self) -> Self {
        Self {
            streets: append(self.streets, other.streets),
            parking: append(self.parking, other.parking),
            nodes: append(self.nodes, other.nodes),
            entrances: append(self.entrances, other.entrances),
        }
    }
}

fn append<T>(mut a: Vec<T>, mut b: Vec<T>) -> Vec<T> {
    if a.len() < b.len() {
        std::mem::swap(&mut a, &mut b);
    }
    a.append(&mut b);
    a
}

fn kept<'a>(tags: impl Iterator<Item = (&'a str, &'a str)>) -> Tags {
    Tags(tags.filter(|(key, _)| KEYS.contains(key)).map(|(key, value)| (key.to_owned(), value.to_owned())).collect())
}

fn ways_of(element: Element<'_>) -> Ways {
    let mut found = Ways::default();
    match element {
        Element::Node(node) => {
            note_node(&mut found, node.id(), (node.decimicro_lon(), node.decimicro_lat()), || node.tags());
        }
        Element::DenseNode(node) => {
            note_node(&mut found, node.id(), (node.decimicro_lon(), node.decimicro_lat()), || node.tags());
        }
        Element::Way(way) => {
            let tags = kept(way.tags());
            let is_street = tags.walk() || tags.drive().any() || tags.ride().any();
            let is_parking = tags.parking().is_some();
            let made = |tags: Tags| Way { id: way.id(), nodes: way.refs().collect(), tags };
            if is_parking {
                found.parking.push(made(tags.clone()));
            }
            if is_street {
                found.streets.push(made(tags));
            }
        }
        Element::Relation(_) => {}
    }
    found
}

fn note_node<'a, T: Iterator<Item = (&'a str, &'a str)>>(
    found: &mut Ways,
    id: i64,
    at: Position,
    tags: impl Fn() -> T,
) {
    if tags().next().is_none() {
        return;
    }
    if is_entrance(tags()) {
        found.entrances.push(id);
    }
    let kept = kept(tags());
    if kept.parking().is_some() {
        found.nodes.push((id, at, kept));
    }
}

fn position_of(element: &Element<'_>, wanted: &[i64]) -> Vec<(i64, Position)> {
    let (id, at) = match element {
        Element::Node(node) => (node.id(), (node.decimicro_lon(), node.decimicro_lat())),
        Element::DenseNode(node) => (node.id(), (node.decimicro_lon(), node.decimicro_lat())),
        _ => return Vec::new(),
    };
    if wanted.binary_search(&id).is_ok() { vec![(id, at)] } else { Vec::new() }
}
