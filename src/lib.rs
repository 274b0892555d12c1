//! patrolmap: the map of a city-management bureau, stored, indexed and served.
//!
//! Stored and answered coordinates are longitude, latitude in degrees, WGS 84 (OGC CRS84), on a grid of 1e-7
//! degrees. Longitude comes before latitude, always. Distances are WGS 84 geodesic metres, areas geodesic square
//! metres. Instants are UTC with microseconds.
//!
//! The rings, in reading order; arrows point inwards only (`tests/it/tidy.rs` holds them):
//! `spatial <- domain <- {formats, world, store} <- app <- {api, cli} <- main`.

pub mod spatial;
pub mod domain;
pub mod formats;
pub mod world;
pub mod store;
pub mod app;
pub mod api;
pub mod cli;
pub mod config;
