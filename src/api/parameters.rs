//! The parameters of an address: each taken once by name, none left over.

use std::fmt::Write;
use std::str::FromStr;

use crate::api::problem::Problem;
use crate::app::question::nearest_word;
use crate::domain::reading::shortened;
use crate::spatial::crs::Crs;

/// More than any sensible address has.
const MOST: usize = 500;

#[derive(Debug, Clone, Default)]
pub struct Parameters(Vec<(String, String)>);

impl Parameters {
    pub fn read(query: &str) -> Result<Self, Problem> {
        let pairs: Vec<(String, String)> =
            form_urlencoded::parse(query.as_bytes()).into_owned().take(MOST + 1).collect();
        if pairs.len() > MOST {
            return Err(Problem::parameter("the address", format!("has more than {MOST} parameters")));
        }
        Ok(Self(pairs))
    }

    /// Adds one that came by another way, such as a field of a form.
    pub fn add(&mut self, name: &str, value: String) {
        self.0.push((name.to_owned(), value));
    }

    /// Takes a parameter that may stand once.
    pub fn take(&mut self, name: &str) -> Result<Option<String>, Problem> {
        let mut values = self.take_all(name);
        match values.len() {
            0 => Ok(None),
            1 => Ok(values.pop()),
            _ => Err(Problem::parameter(name, "stands twice: give it once")),
        }
    }

    pub fn take_all(&mut self, name: &str) -> Vec<String> {
        let taken = self.0.extract_if(.., |(key, _)| key == name);
        taken.map(|(_, value)| value).collect()
    }

    /// Takes a number; `what` says what it is, for the error.
    pub fn number<T: FromStr>(&mut self, name: &str, what: &str) -> Result<Option<T>, Problem> {
        let Some(text) = self.take(name)? else { return Ok(None) };
        let wrong = || Problem::parameter(name, format!("'{}' is not {what}", shortened(&text)));
        text.trim().parse().map(Some).map_err(|_| wrong())
    }

    /// Takes a finite number.
    pub fn finite(&mut self, name: &str) -> Result<Option<f64>, Problem> {
        match self.number::<f64>(name, "a number")? {
            Some(number) if !number.is_finite() => Err(Problem::parameter(name, "is not a finite number")),
            number => Ok(number),
        }
    }

    pub fn truth(&mut self, name: &str) -> Result<bool, Problem> {
        match self.take(name)?.as_deref() {
            None | Some("false" | "0") => Ok(false),
            Some("true" | "1" | "") => Ok(true),
            Some(other) => Err(Problem::parameter(name, format!("'{}' is neither true nor false", shortened(other)))),
        }
    }

    /// Takes a coordinate system; WGS 84 when none is named.
    pub fn crs(&mut self, name: &str) -> Result<Crs, Problem> {
        Ok(self.named_crs(name)?.unwrap_or_default())
    }

    pub fn named_crs(&mut self, name: &str) -> Result<Option<Crs>, Problem> {
        match self.take(name)? {
            None => Ok(None),
            Some(text) => Crs::parse(&text).map(Some).map_err(|error| Problem::parameter(name, error)),
        }
    }

    /// Names what is left, each once, in order.
    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for (name, _) in &self.0 {
            if !names.contains(name) {
                names.push(name.clone());
            }
        }
        names
    }

    /// Refuses what nobody has taken.
    pub fn finish(self, known: &[&str]) -> Result<(), Problem> {
        let Some((name, _)) = self.0.first() else { return Ok(()) };
        let hint = match nearest_word(name, known.iter().copied()) {
            Some(word) => format!("is {word} meant?"),
            None if known.is_empty() => "there are none here".to_owned(),
            None => format!("there are {}", known.join(", ")),
        };
        Err(Problem::parameter(&shortened(name), format!("is not a parameter: {hint}")))
    }

    /// The same parameters with one of them set anew, as a query.
    pub fn query_with(&self, name: &str, value: &str) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(self.0.iter().filter(|(key, _)| key != name));
        query.append_pair(name, value);
        let mut text = String::from("?");
        write!(text, "{}", query.finish()).expect("writing to memory cannot fail");
        text
    }
}
