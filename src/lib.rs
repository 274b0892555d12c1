pub mod spatial;
pub mod domain;
pub mod formats;
pub mod store;
pub mod world;
pub mod app;
