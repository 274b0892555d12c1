//! Hotspot statistics against published and computed reference values, and against their own laws.

mod along_streets;
mod input;
mod maps;
mod places;
mod planted;
mod properties;
mod tables;
