//! Newline-delimited GeoJSON: one Feature a line; records of RFC 8142 (with 0x1E before them) too.

use std::io::{BufRead, Read};

use crate::formats::geojson::parse_feature;
use crate::formats::{FormatError, LARGEST_FEATURE, Located, Written};

pub struct LineReader<R> {
    input: R,
    line: usize,
    text: Vec<u8>,
    done: bool,
    keep_written: bool,
}

impl<R: BufRead> LineReader<R> {
    pub fn new(input: R, keep_written: bool) -> Self {
        Self { input, line: 0, text: Vec::new(), done: false, keep_written }
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

impl<R: BufRead> Iterator for LineReader<R> {
    type Item = Result<Located, FormatError>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.done {
            match self.read_line() {
                Ok(true) => {}
                Ok(false) => self.done = true,
                Err(error) => {
                    self.done = true;
                    return Some(Err(error));
                }
            }
            let text = self.text.trim_ascii();
            let text = text.strip_prefix(b"\x1E").unwrap_or(text).trim_ascii();
            if text.is_empty() {
                continue;
            }
            let place = format!("line {}", self.line);
            let written = self.keep_written.then(|| Box::new(Written::Json(text.to_vec())));
            return Some(match parse_feature(text) {
                Ok(raw) => Ok(Located { place, raw, written }),
                Err(detail) => Err(FormatError::Feature { place, detail, written }),
            });
        }
        None
    }
}
