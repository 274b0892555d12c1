//! Geometry: coordinate systems, validity, metres on the ellipsoid, the curve and the index that order the map.
//!
//! Knows nothing of layers, files, SQL or HTTP.

pub mod shape;
pub mod raw;
pub mod hilbert;
pub mod predicate;
pub mod area;
pub mod overlay;
pub mod china;
pub mod crs;
pub mod geodesic;
pub mod foot;
pub mod window;
pub mod bbox;
pub mod simple;
mod touch;
pub mod cut;
pub mod network;
pub mod gate;
