//! Small extracts of OpenStreetMap, written by hand: PBF with one block, not compressed.

use std::collections::BTreeMap;

pub type Tags<'a> = &'a [(&'a str, &'a str)];

/// Nodes and ways, by id.
#[derive(Default, Clone)]
pub struct Extract {
    nodes: BTreeMap<i64, (f64, f64, Vec<(String, String)>)>,
    ways: BTreeMap<i64, (Vec<i64>, Vec<(String, String)>)>,
}

fn owned(tags: Tags<'_>) -> Vec<(String, String)> {
    tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

impl Extract {
    pub fn node(mut self, id: i64, lon: f64, lat: f64, tags: Tags<'_>) -> Self {
        self.nodes.insert(id, (lon, lat, owned(tags)));
        self
    }

    pub fn way(mut self, id: i64, nodes: &[i64], tags: Tags<'_>) -> Self {
        self.ways.insert(id, (nodes.to_vec(), owned(tags)));
        self
    }

    pub fn without_way(mut self, id: i64) -> Self {
        self.ways.remove(&id);
        self
    }

    /// The bytes of the file.
    pub fn pbf(&self) -> Vec<u8> {
        let mut strings = vec![String::new()];
        let (mut nodes, mut ways) = (Vec::new(), Vec::new());
        for (id, (lon, lat, tags)) in &self.nodes {
            let mut node = Vec::new();
            number(&mut node, 1, zigzag(*id));
            words(&mut node, tags, &mut strings);
            number(&mut node, 8, zigzag((lat * 1e7).round() as i64));
            number(&mut node, 9, zigzag((lon * 1e7).round() as i64));
            field(&mut nodes, 1, &node);
        }
        for (id, (refs, tags)) in &self.ways {
            let mut way = Vec::new();
            number(&mut way, 1, *id as u64);
            words(&mut way, tags, &mut strings);
            let (mut packed, mut before) = (Vec::new(), 0);
            for node in refs {
                varint(&mut packed, zigzag(node - before));
                before = *node;
            }
            field(&mut way, 8, &packed);
            field(&mut ways, 3, &way);
        }
        let mut table = Vec::new();
        strings.iter().for_each(|text| field(&mut table, 1, text.as_bytes()));
        let mut block = Vec::new();
        field(&mut block, 1, &table);
        field(&mut block, 2, &nodes);
        field(&mut block, 2, &ways);
        let mut header = Vec::new();
        field(&mut header, 4, b"OsmSchema-V0.6");
        [frame("OSMHeader", &header), frame("OSMData", &block)].concat()
    }
}

fn frame(kind: &str, content: &[u8]) -> Vec<u8> {
    let mut blob = Vec::new();
    field(&mut blob, 1, content);
    let mut header = Vec::new();
    field(&mut header, 1, kind.as_bytes());
    number(&mut header, 3, blob.len() as u64);
    [&(header.len() as u32).to_be_bytes()[..], &header, &blob].concat()
}

/// Keys and values as places in the table of texts.
fn words(out: &mut Vec<u8>, tags: &[(String, String)], strings: &mut Vec<String>) {
    let (mut keys, mut values) = (Vec::new(), Vec::new());
    for (key, value) in tags {
        for (packed, text) in [(&mut keys, key), (&mut values, value)] {
            varint(packed, strings.len() as u64);
            strings.push(text.clone());
        }
    }
    field(out, 2, &keys);
    field(out, 3, &values);
}

fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)) as u64
}

fn varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn number(out: &mut Vec<u8>, place: u64, value: u64) {
    varint(out, place << 3);
    varint(out, value);
}

fn field(out: &mut Vec<u8>, place: u64, bytes: &[u8]) {
    varint(out, place << 3 | 2);
    varint(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}
