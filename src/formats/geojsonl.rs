//! Newline-delimited GeoJSON: one Feature a line; records of RFC 8142 (with 0x1E before them) too.

use std::io::{BufRead, Read};

use crate::formats::geojson::{check_depth, declared_crs_name, parse_feature};
use crate::formats::{FormatError, LARGEST_FEATURE, Located, Written};

pub struct LineReader<R> {
    input: R,
    line: usize,
    text: Vec<u8>,
    done: bool,
    keep_written: bool,
    /// The system that the first feature names, as refused features of a collection do that names one.
    declared_crs: Option<String>,
    /// The first feature, read to know its system.
    ahead: Option<Result<Located, FormatError>>,
    features: usize,
}

impl<R: BufRead> LineReader<R> {
    pub fn new(input: R, keep_written: bool) -> Self {
        let (text, declared_crs, ahead) = (Vec::new(), None, None);
        Self { input, line: 0, text, done: false, keep_written, declared_crs, ahead, features: 0 }
    }

    /// The system that the first feature names in a member `crs`, as GeoJSON of 2008 had it.
    pub fn declared_crs(&mut self) -> Option<String> {
        if self.ahead.is_none() && self.features == 0 {
            self.ahead = self.advance();
        }
        self.declared_crs.clone()
    }

    /// A line may repeat the system of the first, not change it.
    fn look_for_crs(&mut self, text: &[u8]) -> Result<(), String> {
        self.features += 1;
        let named = named_crs(text);
        if self.features == 1 {
            self.declared_crs = named;
        } else if named.is_some() && named != self.declared_crs {
            return Err("names another coordinate system than the first feature: import it by itself".to_owned());
        }
        Ok(())
    }

    /// The next line into `text`; false at the end.
    fn read_line(&mut self) -> Result<bool, FormatError> {
        self.text.clear();
        self.line += 1;
        let place = || format!("line {}", self.line);
        let count = (&mut self.input)
            .take(LARGEST_FEATURE as u64 + 1)
            .read_until(b'\n', &mut self.text)
            .map_err(|source| FormatError::read(place(), source))?;
        if count > LARGEST_FEATURE {
            let detail = format!("the line is longer than {LARGEST_FEATURE} bytes: is it one feature a line?");
            return Err(FormatError::Broken { place: place(), detail });
        }
        Ok(count > 0)
    }
}

/// Cost: a look at the bytes; a parse only where there is such a member.
fn named_crs(text: &[u8]) -> Option<String> {
    const MEMBER: &[u8] = b"\"crs\"";
    if !text.windows(MEMBER.len()).any(|part| part == MEMBER) || check_depth(text).is_err() {
        return None;
    }
    let feature: serde_json::Value = serde_json::from_slice(text).ok()?;
    declared_crs_name(&feature.get("crs")?.to_string())
}

impl<R: BufRead> Iterator for LineReader<R> {
    type Item = Result<Located, FormatError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.ahead.take().or_else(|| self.advance())
    }
}

impl<R: BufRead> LineReader<R> {
    fn advance(&mut self) -> Option<Result<Located, FormatError>> {
        while !self.done {
            match self.read_line() {
                Ok(true) => {}
                Ok(false) => self.done = true,
                Err(error) => {
                    self.done = true;
                    return Some(Err(error));
                }
            }
            let line = std::mem::take(&mut self.text);
            let text = line.trim_ascii();
            let text = text.strip_prefix(b"\x1E").unwrap_or(text).trim_ascii();
            if text.is_empty() {
                self.text = line;
                continue;
            }
            let crs = self.look_for_crs(text);
            let place = format!("line {}", self.line);
            let written = self.keep_written.then(|| Box::new(Written::Json(text.to_vec())));
            let read = crs.and_then(|()| parse_feature(text));
            self.text = line;
            return Some(match read {
                Ok(raw) => Ok(Located { place, raw, written }),
                Err(detail) => Err(FormatError::Feature { place, detail, written }),
            });
        }
        None
    }
}
