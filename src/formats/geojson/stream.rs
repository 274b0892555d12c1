//! A FeatureCollection of any size, one feature in memory at a time.
//!
//! A small scanner walks the outermost object and cuts each feature's bytes out; the strict reader does the rest.

use std::io::BufRead;

use crate::formats::geojson::read::{declared_crs_name, parse_feature};
use crate::formats::{DEEPEST, FormatError, LARGEST_FEATURE, Located, Written};

/// Members outside `features` that are kept for a look; longer ones are skipped.
const LONGEST_MEMBER: usize = LARGEST_FEATURE;

/// Features of one collection, or the one Feature that the file is.
pub struct CollectionReader<R> {
    input: Bytes<R>,
    state: State,
    ordinal: usize,
    kind: Option<String>,
    /// Text of members other than `features`, for a file that is one Feature.
    members: Vec<u8>,
    declared_crs: Option<String>,
    keep_written: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    /// Among the members of the outermost object.
    Members {
        first: bool,
    },
    Features {
        first: bool,
    },
    Done,
}

/// Opens a collection and reads up to its features, so that a declared system is known.
pub fn open_collection<R: BufRead>(input: R, keep_written: bool) -> Result<CollectionReader<R>, FormatError> {
    let mut reader = CollectionReader {
        input: Bytes { input, offset: 0 },
        state: State::Members { first: true },
        ordinal: 0,
        kind: None,
        members: Vec::new(),
        declared_crs: None,
        keep_written,
    };
    reader.input.expect(b'{')?;
    Ok(reader)
}

impl<R: BufRead> CollectionReader<R> {
    /// The system that the members read so far name. Call after [`CollectionReader::advance`].
    pub fn declared_crs(&self) -> Option<String> {
        self.declared_crs.clone()
    }

    /// Reads members up to the features, or to the end. A file that is one Feature comes back as that.
    pub fn advance(&mut self) -> Result<Option<Located>, FormatError> {
        while let State::Members { first } = self.state {
            if self.input.peek()? == Some(b'}') {
                self.input.next()?;
                self.state = State::Done;
                return self.end();
            }
            if !first {
                self.input.expect(b',')?;
            }
            self.member()?;
        }
        Ok(None)
    }

    fn member(&mut self) -> Result<(), FormatError> {
        let mut name = Vec::new();
        if self.input.peek()? != Some(b'"') {
            return Err(self.input.broken("expected the name of a member"));
        }
        self.input.value(&mut name, 1 << 16)?;
        self.input.expect(b':')?;
        self.state = State::Members { first: false };
        let name: String = serde_json::from_slice(&name).map_err(|error| self.input.broken(&error.to_string()))?;
        if name == "features" {
            self.input.expect(b'[')?;
            self.state = State::Features { first: true };
            return Ok(());
        }
        let mut value = Vec::new();
        self.input.value(&mut value, LONGEST_MEMBER)?;
        let text = String::from_utf8_lossy(&value);
        match name.as_str() {
            "type" => self.kind = serde_json::from_str(&text).ok(),
            "crs" => self.declared_crs = declared_crs_name(&text),
            _ => {}
        }
        if matches!(name.as_str(), "type" | "geometry" | "properties" | "id") {
            self.members.push(if self.members.is_empty() { b'{' } else { b',' });
            self.members.extend_from_slice(format!("\"{name}\":").as_bytes());
            self.members.extend_from_slice(&value);
        }
        Ok(())
    }

    /// At the end of the outermost object: what was it?
    fn end(&mut self) -> Result<Option<Located>, FormatError> {
        if self.input.peek()?.is_some() {
            return Err(self
                .input
                .broken("there is more after the end: one feature a line is GeoJSONSeq, name the file .geojsonl"));
        }
        match self.kind.as_deref() {
            Some("FeatureCollection") => Ok(None),
            Some("Feature") => {
                self.members.push(b'}');
                let place = "feature 0".to_owned();
                let text = std::mem::take(&mut self.members);
                self.located(place, text).map(Some)
            }
            Some(other) => Err(self.input.broken(&format!("is a {other}: a FeatureCollection is needed"))),
            None => Err(self.input.broken("the member type is missing: it must be FeatureCollection")),
        }
    }

    fn feature(&mut self, first: bool) -> Result<Option<Located>, FormatError> {
        match self.input.peek()? {
            Some(b']') => {
                self.input.next()?;
                self.state = State::Members { first: false };
                return self.advance();
            }
            Some(_) if !first => self.input.expect(b',')?,
            Some(_) => {}
            None => return Err(self.input.broken(&format!("the file ends after {} features", self.ordinal))),
        }
        self.state = State::Features { first: false };
        let place = format!("feature {}", self.ordinal);
        self.ordinal += 1;
        let mut text = Vec::with_capacity(512);
        self.input.value(&mut text, LARGEST_FEATURE).map_err(|error| match error {
            FormatError::Broken { place: at, detail } => {
                FormatError::Broken { place: format!("{place}, {at}"), detail }
            }
            other => other,
        })?;
        self.located(place, text).map(Some)
    }

    fn located(&self, place: String, text: Vec<u8>) -> Result<Located, FormatError> {
        let read = parse_feature(&text);
        let written = self.keep_written.then(|| Box::new(Written::Json(text)));
        match read {
            Ok(raw) => Ok(Located { place, raw, written }),
            Err(detail) => Err(FormatError::Feature { place, detail, written }),
        }
    }
}

impl<R: BufRead> Iterator for CollectionReader<R> {
    type Item = Result<Located, FormatError>;

    fn next(&mut self) -> Option<Self::Item> {
        let step = match self.state {
            State::Done => return None,
            State::Members { .. } => match self.advance() {
                Ok(None) if self.state != State::Done => return self.next(),
                other => other,
            },
            State::Features { first } => self.feature(first),
        };
        if matches!(&step, Err(error) if !error.is_of_one_feature()) {
            self.state = State::Done;
        }
        step.transpose()
    }
}

/// Bytes with a place, for errors.
struct Bytes<R> {
    input: R,
    offset: u64,
}

impl<R: BufRead> Bytes<R> {
    fn broken(&self, detail: &str) -> FormatError {
        FormatError::Broken { place: format!("byte {}", self.offset), detail: detail.to_owned() }
    }

    fn fill(&mut self) -> Result<&[u8], FormatError> {
        let place = self.offset;
        self.input.fill_buf().map_err(|source| FormatError::read(format!("on from byte {place}"), source))
    }

    fn consume(&mut self, count: usize) {
        self.input.consume(count);
        self.offset += count as u64;
    }

    /// The next byte that is not white space, left in place.
    fn peek(&mut self) -> Result<Option<u8>, FormatError> {
        loop {
            let buffer = self.fill()?;
            if buffer.is_empty() {
                return Ok(None);
            }
            let blank = buffer.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
            let found = buffer.get(blank).copied();
            self.consume(blank);
            if found.is_some() {
                return Ok(found);
            }
        }
    }

    fn next(&mut self) -> Result<Option<u8>, FormatError> {
        let byte = self.peek()?;
        if byte.is_some() {
            self.consume(1);
        }
        Ok(byte)
    }

    fn expect(&mut self, wanted: u8) -> Result<(), FormatError> {
        match self.next()? {
            Some(byte) if byte == wanted => Ok(()),
            Some(byte) => Err(self.broken(&format!("expected '{}', found '{}'", wanted as char, byte.escape_ascii()))),
            None => Err(self.broken(&format!("the file ends where '{}' is expected", wanted as char))),
        }
    }

    /// Copies one JSON value: balanced, not yet judged.
    fn value(&mut self, into: &mut Vec<u8>, most: usize) -> Result<(), FormatError> {
        self.peek()?;
        let mut scan = Scan::default();
        loop {
            let buffer = self.fill()?;
            if buffer.is_empty() {
                return Err(self.broken("the file ends in the middle of a value: is it cut off?"));
            }
            let step = scan.step(buffer);
            let taken = match step {
                Step::More => buffer.len(),
                Step::End(count) => count,
                Step::TooDeep => return Err(self.broken(&format!("is nested deeper than {DEEPEST} levels"))),
            };
            into.extend_from_slice(&buffer[..taken]);
            self.consume(taken);
            if into.len() > most {
                return Err(self.broken(&format!("a single value is larger than {most} bytes")));
            }
            if matches!(step, Step::End(_)) {
                return Ok(());
            }
        }
    }
}

#[derive(Default)]
struct Scan {
    depth: usize,
    in_text: bool,
    escaped: bool,
    begun: bool,
}

enum Step {
    More,
    /// The value ends before this byte of the buffer.
    End(usize),
    TooDeep,
}

impl Scan {
    fn step(&mut self, buffer: &[u8]) -> Step {
        for (at, &byte) in buffer.iter().enumerate() {
            if self.in_text {
                match byte {
                    _ if self.escaped => self.escaped = false,
                    b'\\' => self.escaped = true,
                    b'"' => {
                        self.in_text = false;
                        if self.depth == 0 {
                            return Step::End(at + 1);
                        }
                    }
                    _ => {}
                }
                continue;
            }
            match byte {
                b'"' if self.depth == 0 && self.begun => return Step::End(at),
                b'"' => self.in_text = true,
                b'[' | b'{' => {
                    self.depth += 1;
                    if self.depth > DEEPEST {
                        return Step::TooDeep;
                    }
                }
                b']' | b'}' if self.depth == 0 => return Step::End(at),
                b']' | b'}' => {
                    self.depth -= 1;
                    if self.depth == 0 {
                        return Step::End(at + 1);
                    }
                }
                b',' if self.depth == 0 => return Step::End(at),
                _ if self.depth == 0 && self.begun && byte.is_ascii_whitespace() => return Step::End(at),
                _ => {}
            }
            self.begun = true;
        }
        Step::More
    }
}

#[cfg(test)]
mod tests {
    use std::io::BufReader;

    use super::*;

    fn read(text: &str) -> Vec<Result<Located, FormatError>> {
        // A tiny buffer, so that every value crosses its edge.
        match open_collection(BufReader::with_capacity(3, text.as_bytes()), false) {
            Ok(reader) => reader.collect(),
            Err(error) => vec![Err(error)],
        }
    }

    #[test]
    fn collections_with_members_before_and_after() {
        let feature =
            r#"{"type":"Feature","id":1,"geometry":{"type":"Point","coordinates":[1,2]},"properties":{"a":"}]\""}}"#;
        let text = format!(
            r#" {{ "name":"x, y","features":[{feature} , {feature}],"bbox":[1,2,3,4],"type":"FeatureCollection"}} "#
        );
        let all = read(&text);
        assert_eq!(all.len(), 2);
        assert_eq!(all[1].as_ref().unwrap().place, "feature 1");
        assert_eq!(read(feature).len(), 1);
        assert!(read(r#"{"type":"FeatureCollection","features":[]}"#).is_empty());
    }

    #[test]
    fn a_wrong_feature_does_not_end_the_file_but_a_torn_one_does() {
        let good = r#"{"type":"Feature","geometry":null,"properties":{}}"#;
        let all = read(&format!(r#"{{"type":"FeatureCollection","features":[{good},{{"type":"X"}},{good}]}}"#));
        assert!(all[0].is_ok() && all[1].is_err() && all[2].is_ok());
        let torn = read(&format!(r#"{{"type":"FeatureCollection","features":[{good},{{"type":"#));
        assert!(torn.len() == 2 && matches!(torn[1], Err(FormatError::Broken { .. })));
        for text in [
            "",
            "[",
            "{\"type\":\"Topology\"}",
            "{\"features\":[]}",
            "{\"features\":{}}",
            "{\"type\":\"FeatureCollection\",\"features\":[]} x",
        ] {
            assert!(matches!(read(text).last(), Some(Err(FormatError::Broken { .. }))), "{text}");
        }
    }
}
