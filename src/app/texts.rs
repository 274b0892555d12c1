//! What was written for a question, by name: read once each, with errors that say which and what would be right.
//!
//! The doors hand it over from an address or from the command line; what is left over nobody has taken.

use std::collections::BTreeMap;

use crate::app::AppError;
use crate::domain::reading::shortened;

#[derive(Debug, Clone, Default)]
pub struct Texts(BTreeMap<String, Vec<String>>);

impl Texts {
    pub fn add(&mut self, name: &str, text: impl Into<String>) {
        self.0.entry(name.to_owned()).or_default().push(text.into());
    }

    /// Whether anything is written for a name.
    pub fn has(&self, name: &str) -> bool {
        self.0.get(name).is_some_and(|texts| texts.iter().any(|text| !text.trim().is_empty()))
    }

    pub fn all(&mut self, name: &str) -> Vec<String> {
        self.0.remove(name).unwrap_or_default()
    }

    /// A text that may stand once; empty counts as not written.
    pub fn one(&mut self, name: &'static str) -> Result<Option<String>, AppError> {
        let mut texts = self.all(name);
        if texts.len() > 1 {
            return Err(question(name, "stands twice: give it once"));
        }
        Ok(texts.pop().map(|text| text.trim().to_owned()).filter(|text| !text.is_empty()))
    }

    /// A number within bounds, both included.
    pub fn number(&mut self, name: &'static str, least: f64, most: f64) -> Result<Option<f64>, AppError> {
        let Some(text) = self.one(name)? else { return Ok(None) };
        let number = text.parse::<f64>().ok().filter(|number| (least..=most).contains(number));
        number
            .map(Some)
            .ok_or_else(|| question(name, format!("'{}' is not a number from {least} to {most}", shortened(&text))))
    }

    /// A whole number within bounds, both included.
    pub fn whole(&mut self, name: &'static str, least: u64, most: u64) -> Result<Option<u64>, AppError> {
        let Some(text) = self.one(name)? else { return Ok(None) };
        let number = text.parse::<u64>().ok().filter(|number| (least..=most).contains(number));
        number.map(Some).ok_or_else(|| {
            question(name, format!("'{}' is not a whole number from {least} to {most}", shortened(&text)))
        })
    }

    pub fn truth(&mut self, name: &'static str) -> Result<Option<bool>, AppError> {
        match self.one(name)?.as_deref() {
            None => Ok(None),
            Some("true" | "1") => Ok(Some(true)),
            Some("false" | "0") => Ok(Some(false)),
            Some(other) => Err(question(name, format!("'{}' is neither true nor false", shortened(other)))),
        }
    }

    /// The choice that is named; none when nothing is.
    pub fn choice<T: Copy>(&mut self, name: &'static str, choices: &[(&str, T)]) -> Result<Option<T>, AppError> {
        let Some(text) = self.one(name)? else { return Ok(None) };
        if let Some((_, choice)) = choices.iter().find(|(word, _)| *word == text) {
            return Ok(Some(*choice));
        }
        let hint = match crate::app::question::nearest_word(&text, choices.iter().map(|(word, _)| *word)) {
            Some(word) => format!("is {word} meant?"),
            None => format!("there are {}", choices.iter().map(|(word, _)| *word).collect::<Vec<_>>().join(", ")),
        };
        Err(question(name, format!("'{}' is not known: {hint}", shortened(&text))))
    }
}

/// An error about what was asked.
pub fn question(name: &'static str, detail: impl Into<String>) -> AppError {
    AppError::Question { name, detail: detail.into() }
}
