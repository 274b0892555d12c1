//! Text in the encodings that files come in, turned to UTF-8 while it is read.

use std::io::{self, Read};
use std::sync::{Arc, OnceLock};

use encoding_rs::{Decoder, DecoderResult, Encoding, GB18030, UTF_8, UTF_16BE, UTF_16LE};

const CHUNK: usize = 1 << 16;
/// Bytes of the beginning that are searched for the signs of UTF-16.
const HEAD: usize = 4096;

/// Which encoding a text turned out to be in; known once the text has been read.
#[derive(Clone, Default, Debug)]
pub struct Found(Arc<OnceLock<&'static Encoding>>);

impl Found {
    /// The name, when it is another than UTF-8.
    pub fn other_than_utf8(&self) -> Option<&'static str> {
        self.0.get().filter(|encoding| **encoding != UTF_8).map(|encoding| encoding.name())
    }

    fn say(&self, encoding: &'static Encoding) {
        // It is found once.
        let _ = self.0.set(encoding);
    }
}

/// Reads the name of an encoding as the web's Encoding Standard knows it: `gb18030`, `gbk`, `utf-16`, `big5` ...
pub fn encoding_named(name: &str) -> Result<&'static Encoding, String> {
    let short: String = name.chars().take(40).collect();
    Encoding::for_label(name.trim().as_bytes())
        .ok_or_else(|| format!("'{short}' is not a known encoding: name utf-8, gb18030, utf-16le, utf-16be or big5"))
}

enum State {
    /// Nothing but ASCII so far.
    Undecided,
    Utf8,
    Other(Decoder),
}

/// Bytes in, UTF-8 out. Cost: UTF-8 passes as it is; others about 5 ns a byte. Holds two chunks of 64 KiB.
///
/// A byte order mark decides; then the signs of UTF-16; then the first bytes beyond ASCII, which are UTF-8 when they
/// can be, else GB18030. Errors of kind `InvalidData` say what does not fit.
pub struct Text<R> {
    input: R,
    raw: Vec<u8>,
    at: usize,
    ended: bool,
    state: State,
    decoded: Vec<u8>,
    given: usize,
    /// Raw bytes before `raw`, for errors.
    passed: u64,
    found: Found,
}

impl<R: Read> Text<R> {
    /// Reads the head of the input. `wanted` overrides what the bytes look like, but not a byte order mark.
    pub fn new(input: R, wanted: Option<&'static Encoding>) -> io::Result<Self> {
        let mut text = Self {
            input,
            raw: Vec::new(),
            at: 0,
            ended: false,
            state: State::Undecided,
            decoded: Vec::new(),
            given: 0,
            passed: 0,
            found: Found::default(),
        };
        text.fill(HEAD)?;
        let marked = Encoding::for_bom(&text.raw);
        if let Some((_, length)) = marked {
            text.at = length;
        }
        if let Some(encoding) = marked.map(|(encoding, _)| encoding).or(wanted).or_else(|| utf16_by_zeros(&text.raw)) {
            text.decide(encoding);
        }
        Ok(text)
    }

    pub fn found(&self) -> Found {
        self.found.clone()
    }

    fn decide(&mut self, encoding: &'static Encoding) {
        self.found.say(encoding);
        self.state =
            if encoding == UTF_8 { State::Utf8 } else { State::Other(encoding.new_decoder_without_bom_handling()) };
    }

    /// Reads on until this many bytes wait, or the input ends.
    fn fill(&mut self, wanted: usize) -> io::Result<()> {
        if self.at > 0 {
            self.passed += self.at as u64;
            self.raw.drain(..self.at);
            self.at = 0;
        }
        while self.raw.len() < wanted && !self.ended {
            let before = self.raw.len();
            self.raw.resize(before + CHUNK, 0);
            let read = self.input.read(&mut self.raw[before..]);
            self.raw.truncate(before + *read.as_ref().unwrap_or(&0));
            match read {
                Ok(count) => self.ended = count == 0,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn pass(&mut self, count: usize, out: &mut [u8]) -> usize {
        let count = count.min(out.len());
        out[..count].copy_from_slice(&self.raw[self.at..self.at + count]);
        self.at += count;
        count
    }

    /// Decodes some of what waits into `decoded`.
    fn decode(&mut self) -> io::Result<()> {
        let State::Other(decoder) = &mut self.state else { return Ok(()) };
        let raw = &self.raw[self.at..];
        let room = decoder.max_utf8_buffer_length_without_replacement(raw.len()).unwrap_or(4 * CHUNK);
        self.decoded.resize(room, 0);
        let (result, read, written) = decoder.decode_to_utf8_without_replacement(raw, &mut self.decoded, self.ended);
        self.decoded.truncate(written);
        self.given = 0;
        self.at += read;
        if let DecoderResult::Malformed(..) = result {
            let name = decoder.encoding().name();
            let place = self.passed + self.at as u64;
            return Err(unfit(format!(
                "is not {name} before byte {place}: name its encoding with --encoding (encoding=)"
            )));
        }
        Ok(())
    }
}

impl<R: Read> Read for Text<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if out.is_empty() {
            return Ok(0);
        }
        loop {
            if self.given < self.decoded.len() {
                let count = (self.decoded.len() - self.given).min(out.len());
                out[..count].copy_from_slice(&self.decoded[self.given..self.given + count]);
                self.given += count;
                return Ok(count);
            }
            if self.at == self.raw.len() {
                let was_ended = self.ended;
                self.fill(1)?;
                if self.raw.is_empty() && (was_ended || !matches!(self.state, State::Other(_))) {
                    return Ok(0);
                }
            }
            let waiting = self.raw.len() - self.at;
            match self.state {
                State::Utf8 => return Ok(self.pass(waiting, out)),
                State::Other(_) => self.decode()?,
                State::Undecided => {
                    let plain = self.raw[self.at..].iter().take_while(|byte| byte.is_ascii()).count();
                    if plain > 0 {
                        return Ok(self.pass(plain, out));
                    }
                    self.fill(CHUNK)?;
                    let encoding = by_bytes(&self.raw[self.at..], self.ended)?;
                    self.decide(encoding);
                }
            }
        }
    }
}

fn unfit(detail: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, detail)
}

/// UTF-16 without a mark: in one order of the bytes there are separators and digits, in the other hardly any (they would
/// be letters that nobody writes), and nearly all the rest are letters of ASCII and Chinese.
fn utf16_by_zeros(head: &[u8]) -> Option<&'static Encoding> {
    let head = &head[..head.len().min(HEAD) & !1];
    let (little, big) = (likeness(head, u16::from_le_bytes), likeness(head, u16::from_be_bytes));
    // A stray zero makes no UTF-16 of other text.
    let is_it = |(marks, letters): (usize, usize), other: (usize, usize)| {
        marks >= 3 && marks > 4 * other.0 && (marks + letters) * 10 >= head.len() / 2 * 9
    };
    match () {
        () if is_it(little, big) => Some(UTF_16LE),
        () if is_it(big, little) => Some(UTF_16BE),
        () => None,
    }
}

/// How many pairs of bytes are separators or digits, and how many are other letters of ASCII, ideographs and their
/// punctuation. The digit 0 turned round is the ideographic space, so it counts as a letter.
fn likeness(head: &[u8], unit: fn([u8; 2]) -> u16) -> (usize, usize) {
    let (mut marks, mut letters) = (0, 0);
    for pair in head.as_chunks::<2>().0 {
        match unit(*pair) {
            0x09 | 0x0A | 0x0D | 0x22 | 0x2C | 0x2E | 0x31..=0x3B => marks += 1,
            0x20..=0x7E | 0x3000..=0x303F | 0x4E00..=0x9FFF | 0xFF00..=0xFFEF => letters += 1,
            _ => {}
        }
    }
    (marks, letters)
}

/// The encoding of bytes that begin beyond ASCII.
fn by_bytes(bytes: &[u8], ended: bool) -> io::Result<&'static Encoding> {
    let (mut wrong, mut three_bytes) = (0, 0);
    let mut chunks = bytes.utf8_chunks().peekable();
    while let Some(chunk) = chunks.next() {
        three_bytes += chunk.valid().chars().filter(|letter| letter.len_utf8() >= 3).count();
        // The last character may go on beyond what has been read.
        let cut = chunks.peek().is_none() && !ended;
        wrong += usize::from(!chunk.invalid().is_empty() && !cut);
    }
    // Chinese in UTF-8 with some broken letters would make nonsense in GB18030: it stays UTF-8, and is refused as such.
    if wrong == 0 || three_bytes > 2 * wrong {
        return Ok(UTF_8);
    }
    let mut decoder = GB18030.new_decoder_without_bom_handling();
    let mut scratch = vec![0; decoder.max_utf8_buffer_length_without_replacement(bytes.len()).unwrap_or(4 * CHUNK)];
    match decoder.decode_to_utf8_without_replacement(bytes, &mut scratch, ended).0 {
        DecoderResult::Malformed(..) => Err(unfit(
            "is neither UTF-8, UTF-16 nor GB18030: save it as UTF-8, or name its encoding with --encoding (encoding=)"
                .to_owned(),
        )),
        _ => Ok(GB18030),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Reads in small bites, so that every letter is cut somewhere.
    struct Bites<'a>(&'a [u8], usize);

    impl Read for Bites<'_> {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            let count = self.1.min(self.0.len()).min(out.len());
            out[..count].copy_from_slice(&self.0[..count]);
            self.0 = &self.0[count..];
            Ok(count)
        }
    }

    fn read(bytes: &[u8], wanted: Option<&'static Encoding>) -> Result<(String, Option<&'static str>), String> {
        let mut text = Text::new(Bites(bytes, 3), wanted).map_err(|error| error.to_string())?;
        let mut out = Vec::new();
        let found = text.found();
        text.read_to_end(&mut out).map_err(|error| error.to_string())?;
        Ok((String::from_utf8(out).map_err(|error| error.to_string())?, found.other_than_utf8()))
    }

    fn utf16(text: &str, mark: bool, big: bool) -> Vec<u8> {
        let units = mark.then_some(0xFEFF).into_iter().chain(text.encode_utf16());
        units.flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
    }

    const TABLE: &str = "编号,经度,纬度,描述\n1,105.72,34.58,\"占道经营，民主路\"\n";

    #[test]
    fn encodings_are_told_apart() {
        let gb = GB18030.encode(TABLE).0.into_owned();
        assert_eq!(read(&gb, None).unwrap(), (TABLE.to_owned(), Some("gb18030")));
        let late = format!("{}{TABLE}", "a,b,c\n".repeat(40_000));
        assert_eq!(read(&GB18030.encode(&late).0, None).unwrap(), (late.clone(), Some("gb18030")));
        assert_eq!(read(late.as_bytes(), None).unwrap(), (late, None));
        assert_eq!(read(TABLE.as_bytes(), None).unwrap(), (TABLE.to_owned(), None));
        assert_eq!(read(format!("\u{feff}{TABLE}").as_bytes(), None).unwrap(), (TABLE.to_owned(), None));
        for (mark, big, name) in
            [(true, false, "UTF-16LE"), (false, false, "UTF-16LE"), (true, true, "UTF-16BE"), (false, true, "UTF-16BE")]
        {
            assert_eq!(read(&utf16(TABLE, mark, big), None).unwrap(), (TABLE.to_owned(), Some(name)));
        }
        // Ideographs that end in a zero byte, and hardly anything but ideographs.
        for text in [
            "id,lon,lat,text\n1,105.72,34.58,一号店开业\n".to_owned(),
            format!("编号,描述\n1,{}\n", "占道经营一".repeat(2_000)),
        ] {
            for (big, name) in [(false, "UTF-16LE"), (true, "UTF-16BE")] {
                assert_eq!(read(&utf16(&text, false, big), None).unwrap(), (text.clone(), Some(name)));
            }
        }
        // A stray zero among letters makes no UTF-16.
        assert_eq!(read(b"name,street\nsome\0letters,\0and more\n", None).unwrap().1, None);
        let big5 = encoding_named("Big5").unwrap();
        assert_eq!(read(&big5.encode("違規停車").0, Some(big5)).unwrap(), ("違規停車".to_owned(), Some("Big5")));
        assert!(encoding_named("klingon").is_err());
        assert_eq!(read(b"", None).unwrap(), (String::new(), None));
    }

    #[test]
    fn what_fits_no_encoding_is_refused() {
        assert!(read(b"name\ncaf\xe9\n", None).unwrap_err().contains("neither"));
        let mut cut = utf16(TABLE, true, false);
        cut.pop();
        assert!(read(&cut, None).unwrap_err().contains("UTF-16LE"));
        let mut broken = TABLE.repeat(20).into_bytes();
        broken[3] = b'?';
        assert!(read(&broken, None).unwrap_err().contains("utf-8"), "broken UTF-8 is not taken for another encoding");
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn no_bytes_do_harm(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            drop(read(&bytes, None));
        }

        #[test]
        fn utf8_passes_as_it_is(text in "\\PC{0,60}") {
            // A text of a few letters beyond ASCII may be anything; as UTF-8 it is itself.
            prop_assert_eq!(read(text.as_bytes(), None).unwrap().0, text);
        }
    }
}
