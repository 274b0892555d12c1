//! Nouns and rules of the bureau: one file a layer, its one declaration; what a feature is; what input may say.
//!
//! From a declaration come SQL columns, JSON Schema, queryables, CSV headers and validation.

pub mod value;
pub mod property;
pub mod layer;
pub mod lineage;
pub mod feature;
pub mod draft;
pub(crate) mod reading;
pub mod category;
pub mod moment;
mod written_time;

mod jurisdiction;
mod squad;
mod squad_zone;
pub mod road_section;
pub mod resection;
mod parking_point;
pub mod opening_hours;
pub mod violation;
mod shop;
mod vending_site;
mod assistant;
mod construction_site;
