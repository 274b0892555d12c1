//! Typed columns of one chunk's rows. A column in which nothing is said takes no memory.

use jiff::Timestamp;
use jiff::civil::Date;

use crate::domain::property::Kind;
use crate::domain::value::Value;

/// A vector whose tail of nulls is not stored.
#[derive(Debug, Clone)]
pub(super) struct Sparse<T> {
    values: Vec<T>,
    null: T,
}

impl<T: Clone + PartialEq> Sparse<T> {
    pub fn new(null: T) -> Self {
        Self { values: Vec::new(), null }
    }

    /// Sets row `at`, which must not lie before a row that was set.
    pub fn push(&mut self, at: usize, value: T) {
        if value != self.null {
            self.values.resize(at, self.null.clone());
            self.values.push(value);
        }
    }

    pub fn get(&self, at: usize) -> &T {
        self.values.get(at).unwrap_or(&self.null)
    }

    pub fn shrink(&mut self) {
        self.values.shrink_to_fit();
    }
}

/// Texts laid end to end.
#[derive(Debug, Clone, Default)]
pub(super) struct Texts {
    /// Start and length; length `u32::MAX` = null.
    places: Vec<(u32, u32)>,
    bytes: String,
}

const NO_TEXT: (u32, u32) = (0, u32::MAX);

impl Texts {
    pub fn push(&mut self, at: usize, text: Option<&str>) {
        if let Some(text) = text {
            self.places.resize(at, NO_TEXT);
            self.places.push((self.bytes.len() as u32, text.len() as u32));
            self.bytes.push_str(text);
        }
    }

    pub fn get(&self, at: usize) -> Option<&str> {
        let (start, length) = *self.places.get(at).unwrap_or(&NO_TEXT);
        if length == u32::MAX { None } else { Some(&self.bytes[start as usize..(start + length) as usize]) }
    }

    pub fn shrink(&mut self) {
        self.places.shrink_to_fit();
        self.bytes.shrink_to_fit();
    }
}

/// Few different words: a code a row. Code 0 = null.
#[derive(Debug, Clone)]
pub(super) struct Words {
    codes: Sparse<u16>,
    words: Vec<String>,
}

impl Words {
    fn new() -> Self {
        Self { codes: Sparse::new(0), words: Vec::new() }
    }

    fn push(&mut self, at: usize, word: Option<&str>) {
        let Some(word) = word else { return };
        let known = self.words.iter().position(|known| known == word);
        let code = known.unwrap_or_else(|| {
            self.words.push(word.to_owned());
            self.words.len() - 1
        });
        self.codes.push(at, code as u16 + 1);
    }

    fn get(&self, at: usize) -> Option<&str> {
        let code = *self.codes.get(at) as usize;
        if code == 0 { None } else { Some(&self.words[code - 1]) }
    }
}

/// One declared property of a chunk.
#[derive(Debug, Clone)]
pub(super) enum Column {
    Words(Words),
    Texts(Texts),
    /// Whole numbers and references; `i64::MIN` = null.
    Integers(Sparse<i64>),
    /// Bits of doubles; the bits of a certain NaN = null.
    Numbers(Sparse<u64>),
    /// 0 false, 1 true, 2 null.
    Booleans(Sparse<u8>),
    /// Microseconds; `i64::MIN` = null.
    Instants(Sparse<i64>),
    /// Year, month and day in decimal digits; 0 = null.
    Dates(Sparse<i32>),
    Positions(Sparse<Vec<[f64; 2]>>),
}

const NO_NUMBER: u64 = u64::MAX;

impl Column {
    pub fn of(kind: Kind) -> Self {
        match kind {
            Kind::Choice(_) | Kind::Category => Self::Words(Words::new()),
            Kind::Text | Kind::MonthDay => Self::Texts(Texts::default()),
            Kind::Integer { .. } | Kind::Reference(_) => Self::Integers(Sparse::new(i64::MIN)),
            Kind::Number { .. } => Self::Numbers(Sparse::new(NO_NUMBER)),
            Kind::Boolean => Self::Booleans(Sparse::new(2)),
            Kind::Instant => Self::Instants(Sparse::new(i64::MIN)),
            Kind::Date => Self::Dates(Sparse::new(0)),
            Kind::Positions => Self::Positions(Sparse::new(Vec::new())),
        }
    }

    /// A value of another kind than the column's is null: the domain has typed them before.
    pub fn push(&mut self, at: usize, value: &Value) {
        match (self, value) {
            (Self::Words(words), Value::Text(text)) => words.push(at, Some(text)),
            (Self::Texts(texts), Value::Text(text)) => texts.push(at, Some(text)),
            (Self::Integers(numbers), Value::Integer(number)) => numbers.push(at, *number),
            (Self::Numbers(numbers), Value::Number(number)) => numbers.push(at, number.to_bits()),
            (Self::Booleans(truths), Value::Boolean(truth)) => truths.push(at, u8::from(*truth)),
            (Self::Instants(instants), Value::Instant(instant)) => instants.push(at, instant.as_microsecond()),
            (Self::Dates(dates), Value::Date(date)) => dates.push(at, pack(*date)),
            (Self::Positions(lists), Value::Positions(positions)) => lists.push(at, positions.clone()),
            _ => {}
        }
    }

    pub fn push_from(&mut self, at: usize, other: &Self, row: usize) {
        match (self, other) {
            (Self::Words(into), Self::Words(from)) => into.push(at, from.get(row)),
            (Self::Texts(into), Self::Texts(from)) => into.push(at, from.get(row)),
            (Self::Integers(into), Self::Integers(from)) | (Self::Instants(into), Self::Instants(from)) => {
                into.push(at, *from.get(row));
            }
            (Self::Numbers(into), Self::Numbers(from)) => into.push(at, *from.get(row)),
            (Self::Booleans(into), Self::Booleans(from)) => into.push(at, *from.get(row)),
            (Self::Dates(into), Self::Dates(from)) => into.push(at, *from.get(row)),
            (Self::Positions(into), Self::Positions(from)) => into.push(at, from.get(row).clone()),
            _ => {}
        }
    }

    pub fn get(&self, at: usize) -> Value {
        let text = |text: Option<&str>| text.map_or(Value::Null, |text| Value::Text(text.to_owned()));
        match self {
            Self::Words(words) => text(words.get(at)),
            Self::Texts(texts) => text(texts.get(at)),
            Self::Integers(numbers) => match *numbers.get(at) {
                i64::MIN => Value::Null,
                number => Value::Integer(number),
            },
            Self::Numbers(numbers) => match *numbers.get(at) {
                NO_NUMBER => Value::Null,
                bits => Value::Number(f64::from_bits(bits)),
            },
            Self::Booleans(truths) => match *truths.get(at) {
                2 => Value::Null,
                truth => Value::Boolean(truth == 1),
            },
            Self::Instants(_) => self.instant(at).map_or(Value::Null, Value::Instant),
            Self::Dates(dates) => unpack(*dates.get(at)).map_or(Value::Null, Value::Date),
            // An empty list and none are the same to the column.
            Self::Positions(lists) if lists.get(at).is_empty() => Value::Null,
            Self::Positions(lists) => Value::Positions(lists.get(at).clone()),
        }
    }

    /// The text of a row without a copy.
    pub fn text(&self, at: usize) -> Option<&str> {
        match self {
            Self::Words(words) => words.get(at),
            Self::Texts(texts) => texts.get(at),
            _ => None,
        }
    }

    /// Microseconds of an instant, without making one.
    pub fn microseconds(&self, at: usize) -> Option<i64> {
        match self {
            Self::Instants(instants) => Some(*instants.get(at)).filter(|instant| *instant != i64::MIN),
            _ => None,
        }
    }

    fn instant(&self, at: usize) -> Option<Timestamp> {
        Timestamp::from_microsecond(self.microseconds(at)?).ok()
    }

    pub fn shrink(&mut self) {
        match self {
            Self::Words(words) => words.codes.shrink(),
            Self::Texts(texts) => texts.shrink(),
            Self::Integers(numbers) | Self::Instants(numbers) => numbers.shrink(),
            Self::Numbers(numbers) => numbers.shrink(),
            Self::Booleans(truths) => truths.shrink(),
            Self::Dates(dates) => dates.shrink(),
            Self::Positions(lists) => lists.shrink(),
        }
    }
}

fn pack(date: Date) -> i32 {
    i32::from(date.year()) * 10_000 + i32::from(date.month()) * 100 + i32::from(date.day())
}

fn unpack(digits: i32) -> Option<Date> {
    Date::new((digits / 10_000) as i16, (digits / 100 % 100) as i8, (digits % 100) as i8).ok()
}
