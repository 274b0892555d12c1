//! How a property of a layer is declared.

use crate::domain::layer::Layer;

/// What values a property takes; decides its SQL column, its JSON Schema and how input is read.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    Text,
    /// A whole number, never below `min`.
    Integer {
        min: i64,
    },
    /// A finite number, never below `min`.
    Number {
        min: f64,
    },
    Boolean,
    /// RFC 3339; without an offset read in the configured time zone.
    Instant,
    Date,
    /// A day of every year, `MM-DD`.
    MonthDay,
    /// One of a closed list of words.
    Choice(&'static [&'static str]),
    /// A slug of the category catalogue.
    Category,
    /// The id of a feature of another layer; input may name it by code or external id.
    Reference(Layer),
    /// A list of positions, longitude first.
    Positions,
}

#[derive(Debug)]
pub struct Property {
    pub name: &'static str,
    pub kind: Kind,
    pub required: bool,
    /// Set by the service, ignored in input.
    pub computed: bool,
    /// No two features of the layer may share a value.
    pub unique: bool,
    /// Taken when a new feature does not say.
    pub default: Option<&'static str>,
    /// Other words for a choice, and what they mean.
    pub aliases: &'static [(&'static str, &'static str)],
    /// UCUM unit, where there is one.
    pub unit: Option<&'static str>,
    pub title_en: &'static str,
    pub title_zh: &'static str,
}

/// Starts the declaration of an optional property; the `const` methods below add to it.
pub const fn property(name: &'static str, kind: Kind, title_en: &'static str, title_zh: &'static str) -> Property {
    Property {
        name,
        kind,
        required: false,
        computed: false,
        unique: false,
        default: None,
        aliases: &[],
        unit: None,
        title_en,
        title_zh,
    }
}

impl Property {
    pub const fn required(mut self) -> Self {
        self.required = true;
        self
    }

    pub const fn computed(mut self) -> Self {
        self.computed = true;
        self
    }

    pub const fn unique(mut self) -> Self {
        self.unique = true;
        self
    }

    pub const fn default(mut self, value: &'static str) -> Self {
        self.default = Some(value);
        self
    }

    pub const fn aliases(mut self, aliases: &'static [(&'static str, &'static str)]) -> Self {
        self.aliases = aliases;
        self
    }

    pub const fn unit(mut self, unit: &'static str) -> Self {
        self.unit = Some(unit);
        self
    }
}

/// Number of any sign.
pub const ANY_NUMBER: Kind = Kind::Number { min: f64::NEG_INFINITY };
/// Number of zero or more.
pub const MEASURE: Kind = Kind::Number { min: 0.0 };
/// Whole number of zero or more.
pub const COUNT: Kind = Kind::Integer { min: 0 };
