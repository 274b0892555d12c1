//! GeoJSON (RFC 7946), read strictly and written canonically.

mod read;
mod stream;
mod write;

pub use read::{Document, check_depth, declared_crs_name, parse_document, parse_feature, parse_patch};
pub use stream::{CollectionReader, open_collection};
pub use write::{Encoding, write_feature, write_geometry, write_properties, write_value};
