//! Where does each row of a table begin, and does every quote that is opened close? Looks at the bytes on their way to
//! the reader of cells; changes none.

use std::collections::VecDeque;
use std::io::{self, Read};
use std::sync::{Arc, Mutex, PoisonError};

/// Largest row, bytes.
const LARGEST_ROW: u64 = 16 << 20;

#[derive(Clone, Copy, PartialEq)]
enum State {
    /// At the beginning of a row; ends of lines here are empty lines.
    RowStart,
    CellStart,
    Cell,
    Quoted,
    /// After a quote inside quotes: the end of the cell's quotes, or the first of a pair.
    QuoteSeen,
}

/// Beginnings of rows that have been read: bytes before them, and their lines.
#[derive(Clone, Default)]
pub struct Lines(Arc<Mutex<VecDeque<(u64, u64)>>>);

impl Lines {
    /// The line, from 1, of the first row that begins at this byte or after it. Ask in the order of the rows.
    pub fn of_row_from(&self, byte: u64) -> Option<u64> {
        let mut rows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        while rows.front().is_some_and(|(start, _)| *start < byte) {
            rows.pop_front();
        }
        rows.front().map(|(_, line)| *line)
    }
}

/// Passes bytes on. Errors of kind `InvalidData`: a quote that is never closed, a row beyond 16 MiB.
///
/// Quotes count as the csv crate counts them: at the beginning of a cell only. Cost: about a nanosecond a byte.
pub struct Rows<R> {
    input: R,
    delimiter: u8,
    state: State,
    /// Bytes passed, the line that comes next, and whether the byte before was a carriage return.
    passed: u64,
    line: u64,
    after_return: bool,
    row_start: u64,
    /// Where the quotes began that are open, and the row.
    quote_line: u64,
    row_line: u64,
    lines: Lines,
}

impl<R: Read> Rows<R> {
    pub fn new(input: R, delimiter: u8) -> Self {
        Self {
            input,
            delimiter,
            state: State::RowStart,
            passed: 0,
            line: 1,
            after_return: false,
            row_start: 0,
            quote_line: 0,
            row_line: 1,
            lines: Lines::default(),
        }
    }

    pub fn lines(&self) -> Lines {
        self.lines.clone()
    }

    fn look(&mut self, bytes: &[u8]) -> io::Result<()> {
        for &byte in bytes {
            let ends_line = matches!(byte, b'\r' | b'\n');
            if self.state == State::RowStart && !ends_line {
                (self.row_start, self.row_line) = (self.passed, self.line);
                let mut rows = self.lines.0.lock().unwrap_or_else(PoisonError::into_inner);
                rows.push_back((self.passed, self.line));
            }
            self.state = match (self.state, byte) {
                (State::Quoted, b'"') => State::QuoteSeen,
                (State::Quoted, _) => State::Quoted,
                (State::QuoteSeen, b'"') => State::Quoted,
                (State::RowStart | State::CellStart, b'"') => {
                    self.quote_line = self.line;
                    State::Quoted
                }
                (_, b'\r' | b'\n') => State::RowStart,
                (_, byte) if byte == self.delimiter => State::CellStart,
                _ => State::Cell,
            };
            // A carriage return ends a line; the line feed after it belongs to it.
            self.line += u64::from(byte == b'\r' || (byte == b'\n' && !self.after_return));
            self.after_return = byte == b'\r';
            self.passed += 1;
        }
        if self.state != State::RowStart && self.passed - self.row_start > LARGEST_ROW {
            let (line, most) = (self.row_line, LARGEST_ROW >> 20);
            return Err(unfit(if self.state == State::Quoted {
                format!("the quote opened in line {} is not closed within {most} MiB", self.quote_line)
            } else {
                format!("the row that begins in line {line} is longer than {most} MiB")
            }));
        }
        Ok(())
    }
}

impl<R: Read> Read for Rows<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let count = self.input.read(out)?;
        self.look(&out[..count])?;
        if count == 0 && !out.is_empty() && self.state == State::Quoted {
            let line = self.quote_line;
            return Err(unfit(format!(
                "the quote opened in line {line} is never closed: close it, or double it where it stands for itself"
            )));
        }
        Ok(count)
    }
}

fn unfit(detail: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, detail)
}
