//! The catalogue of violation categories: data, not code. It grows by `data/catalog/categories.json`.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

use crate::domain::reading::shortened;

/// The scheme of a bare code when the configuration names none.
pub const DEFAULT_SCHEME: &str = "current";

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Category {
    /// What is stored and answered.
    pub slug: String,
    pub zh: String,
    pub en: String,
    pub group: String,
    /// Code by numbering scheme.
    #[serde(default)]
    pub codes: BTreeMap<String, String>,
}

#[derive(Debug)]
pub struct Catalogue {
    entries: Vec<Category>,
    by_slug: HashMap<String, usize>,
    by_code: HashMap<(String, String), usize>,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{word}' is not a known category{}", hint(.nearest, .known))]
pub struct UnknownCategory {
    pub word: String,
    /// Slugs that are spelled alike, or whose name holds the word.
    pub nearest: Vec<String>,
    /// All there are, with their Chinese names.
    pub known: Vec<String>,
}

fn hint(nearest: &[String], known: &[String]) -> String {
    if nearest.is_empty() {
        format!(": there are {}; or write scheme:code such as current:04-06", known.join(", "))
    } else {
        format!(": is {} meant?", nearest.join(" or "))
    }
}

impl Catalogue {
    /// The catalogue that is built in.
    pub fn embedded() -> Self {
        let entries: Vec<Category> = serde_json::from_str(include_str!("../../data/catalog/categories.json"))
            .expect("the embedded catalogue is valid: a test reads it");
        Self::new(entries)
    }

    fn new(entries: Vec<Category>) -> Self {
        let mut by_slug = HashMap::new();
        let mut by_code = HashMap::new();
        for (at, entry) in entries.iter().enumerate() {
            by_slug.insert(entry.slug.clone(), at);
            for (scheme, code) in &entry.codes {
                by_code.insert((scheme.clone(), code.clone()), at);
            }
        }
        Self { entries, by_slug, by_code }
    }

    pub fn entries(&self) -> &[Category] {
        &self.entries
    }

    /// The names of all numbering schemes, sorted.
    pub fn schemes(&self) -> Vec<&str> {
        let mut schemes: Vec<&str> =
            self.entries.iter().flat_map(|entry| entry.codes.keys().map(String::as_str)).collect();
        schemes.sort_unstable();
        schemes.dedup();
        schemes
    }

    /// The slug that is meant by a slug, `scheme:code`, a bare code of the default scheme, or the Chinese name.
    pub fn resolve(&self, word: &str, default_scheme: &str) -> Result<&str, UnknownCategory> {
        let word = word.trim();
        let code = |scheme: &str, code: &str| self.by_code.get(&(scheme.to_owned(), code.to_owned())).copied();
        let found = self.by_slug.get(word).copied().or_else(|| match word.split_once(':') {
            Some((scheme, number)) => code(scheme, number),
            None => code(default_scheme, word),
        });
        let named = || self.entries.iter().position(|entry| entry.zh == word);
        found.or_else(named).map(|at| self.entries[at].slug.as_str()).ok_or_else(|| self.unknown(word))
    }

    fn unknown(&self, word: &str) -> UnknownCategory {
        let word = shortened(word);
        let mut nearest: Vec<(usize, &str)> =
            self.entries.iter().map(|entry| (strsim::levenshtein(&word, &entry.slug), entry.slug.as_str())).collect();
        nearest.sort_unstable();
        let close = nearest.into_iter().filter(|(steps, slug)| *steps <= 3.min(slug.len() / 2));
        let part = |entry: &&Category| {
            word.chars().count() >= 2 && [&entry.slug, &entry.zh, &entry.en].iter().any(|name| name.contains(&word))
        };
        let mut alike: Vec<String> = close.map(|(_, slug)| slug.to_owned()).collect();
        alike.extend(self.entries.iter().filter(part).map(|entry| entry.slug.clone()));
        alike.dedup();
        alike.truncate(3);
        let known = self.entries.iter().map(|entry| format!("{} ({})", entry.slug, entry.zh)).collect();
        UnknownCategory { nearest: alike, word, known }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_codes_and_slips() {
        let catalogue = Catalogue::embedded();
        for (word, slug) in [
            ("street-encroachment", "street-encroachment"),
            ("04-05", "shopfront-overflow"),
            ("legacy:05-04", "shopfront-overflow"),
            ("current:04-06", "street-encroachment"),
            ("legacy:05-05", "motor-parking"),
            (" other ", "other"),
            ("占道经营", "street-encroachment"),
        ] {
            assert_eq!(catalogue.resolve(word, DEFAULT_SCHEME), Ok(slug));
        }
        assert_eq!(catalogue.resolve("05-11", "legacy"), Ok("hanging"));
        assert_eq!(catalogue.resolve("05-05", DEFAULT_SCHEME).unwrap_err().nearest, Vec::<String>::new());
        assert_eq!(catalogue.resolve("mobil-vendor", DEFAULT_SCHEME).unwrap_err().nearest, ["mobile-vendor"]);
        assert_eq!(catalogue.resolve("vendor", DEFAULT_SCHEME).unwrap_err().nearest, ["mobile-vendor"]);
        assert_eq!(catalogue.resolve("游商", DEFAULT_SCHEME).unwrap_err().nearest, ["mobile-vendor"]);
        let listed = catalogue.resolve("xx", DEFAULT_SCHEME).unwrap_err().to_string();
        assert!(catalogue.entries().iter().all(|entry| listed.contains(&entry.slug)), "{listed}");
    }

    #[test]
    fn every_code_and_slug_stands_once() {
        let catalogue = Catalogue::embedded();
        assert_eq!(catalogue.by_slug.len(), catalogue.entries.len());
        assert_eq!(catalogue.by_code.len(), catalogue.entries.iter().map(|entry| entry.codes.len()).sum::<usize>());
    }
}
