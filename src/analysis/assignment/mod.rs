//! Which squad answers for which road section: contiguous, balanced to strength, short to travel, stable.
