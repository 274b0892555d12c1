//! Renaming and setting of properties while a file is read: `--map TARGET=SOURCE`, `--set TARGET=VALUE`.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use crate::domain::draft::RawFeature;
use crate::formats::FormatError;

/// What to do to each feature before it is read against its layer.
#[derive(Debug, Clone, Default)]
pub struct Mapping {
    /// Target, source.
    renames: Vec<(String, String)>,
    constants: Vec<(String, String)>,
    met: BTreeSet<String>,
}

impl Mapping {
    /// Errors when an entry has no `=` or a target stands twice.
    pub fn parse(map: &[String], set: &[String]) -> Result<Self, FormatError> {
        let mapping = Self { renames: pairs("--map", map)?, constants: pairs("--set", set)?, met: BTreeSet::new() };
        let mut targets = BTreeSet::new();
        for (target, _) in mapping.renames.iter().chain(&mapping.constants) {
            if !targets.insert(target) {
                return Err(FormatError::Usage(format!("'{target}' is given twice by --map and --set")));
            }
        }
        Ok(mapping)
    }

    /// Sources that a table with these columns does not have.
    pub fn missing_from(&self, columns: &[String]) -> Vec<&str> {
        self.renames
            .iter()
            .map(|(_, source)| source.as_str())
            .filter(|source| !columns.iter().any(|column| column == source))
            .collect()
    }

    /// Whether a target is spoken of.
    pub fn gives(&self, target: &str) -> bool {
        self.renames.iter().chain(&self.constants).any(|(to, _)| to == target)
    }

    /// Sources that no feature had so far.
    pub fn never_met(&self) -> Vec<&str> {
        self.renames.iter().map(|(_, source)| source.as_str()).filter(|source| !self.met.contains(*source)).collect()
    }

    /// Takes a column for a target, unless either is spoken of already. Answers whether it was.
    pub fn add(&mut self, target: &str, source: &str) -> bool {
        let spoken = self.renames.iter().any(|(to, from)| to == target || from == source)
            || self.constants.iter().any(|(to, _)| to == target);
        if !spoken {
            self.renames.push((target.to_owned(), source.to_owned()));
        }
        !spoken
    }

    /// Takes over which sources another reading has met.
    pub fn meet(&mut self, other: &Self) {
        self.met.extend(other.met.iter().cloned());
    }

    pub fn apply(&mut self, raw: &mut RawFeature) {
        let mut renamed = Vec::new();
        for (target, source) in &self.renames {
            // The Feature's own id can be mapped like a property.
            let value = raw.properties.get(source).cloned().or_else(|| raw.id.clone().filter(|_| source == "id"));
            if let Some(value) = value {
                self.met.insert(source.clone());
                renamed.push((target.clone(), value));
            }
        }
        for (_, source) in &self.renames {
            raw.properties.shift_remove(source);
        }
        raw.properties.extend(renamed);
        for (target, value) in &self.constants {
            raw.properties.insert(target.clone(), Json::String(value.clone()));
        }
    }
}

fn pairs(option: &str, entries: &[String]) -> Result<Vec<(String, String)>, FormatError> {
    entries
        .iter()
        .map(|entry| match entry.split_once('=') {
            Some((target, value)) if !target.is_empty() => Ok((target.to_owned(), value.to_owned())),
            _ => Err(FormatError::Usage(format!(
                "{option} {entry}: write it as TARGET=..., such as {option} external_id=id"
            ))),
        })
        .collect()
}
