//! Where the nearest point is, along real streets.
