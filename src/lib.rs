pub mod spatial;
pub mod domain;
