//! Patrolmap: which squad answers for which road section, where the hotspots are, where the nearest parking point is.
//! Under them the map: layers of features, stored in SQLite, indexed in memory, served as GeoJSON over HTTP.
//!
//! Units and axis order, everywhere unless a name says otherwise: longitude before latitude, degrees of WGS 84;
//! metres along the ellipsoid (`_m`), square metres (`_m2`), seconds (`_s`), instants in UTC.
//!
//! The rings, from the inside; arrows point inwards only, and the modules in braces do not know each other:
//! `spatial <- domain <- {formats, analysis, store, world} <- app <- {api, cli} <- main`.

pub mod spatial;
pub mod domain;
pub mod formats;
pub mod analysis;
pub mod store;
pub mod world;
pub mod app;
pub mod api;
pub mod config;
pub mod cli;
