//! How a road section came to be from others.

use crate::domain::feature::FeatureId;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    Split,
    Merge,
}

impl Operation {
    pub fn name(self) -> &'static str {
        match self {
            Self::Split => "split",
            Self::Merge => "merge",
        }
    }

    /// The inverse of [`Operation::name`].
    pub fn of(name: &str) -> Self {
        if name == "merge" { Self::Merge } else { Self::Split }
    }
}

/// One step: the child is, or holds, a part of the parent, which is gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Descent {
    pub parent: FeatureId,
    pub child: FeatureId,
    pub parent_external_id: Option<String>,
    pub operation: Operation,
}
