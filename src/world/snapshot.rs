//! All layers at one moment.

use std::collections::HashSet;
use std::sync::Arc;

use crate::domain::feature::{Feature, FeatureId, Rev};
use crate::domain::layer::Layer;
use crate::world::chunk::MOST_ROWS;
use crate::world::layer::LayerSnapshot;
use crate::world::rows::Rows;
use crate::world::{Change, Encode};

/// Immutable: what a reader holds never changes under him.
#[derive(Debug, Clone)]
pub struct Snapshot {
    seq: Rev,
    layers: Vec<Arc<LayerSnapshot>>,
    /// By layer, the last change that touched it.
    versions: Vec<Rev>,
}

impl Snapshot {
    pub fn empty() -> Self {
        let layers: Vec<_> = Layer::ALL.into_iter().map(|layer| Arc::new(LayerSnapshot::empty(layer))).collect();
        Self { seq: Rev(0), versions: vec![Rev(0); layers.len()], layers }
    }

    /// The last change that is in it.
    pub fn seq(&self) -> Rev {
        self.seq
    }

    /// Moves when the layer's content does: what was made of a layer is good for as long as this stays. At one time in
    /// one process equal versions mean equal content; folding changes neither.
    pub fn version(&self, layer: Layer) -> Rev {
        self.versions[layer.index()]
    }

    pub fn layer(&self, layer: Layer) -> &LayerSnapshot {
        &self.layers[layer.index()]
    }

    /// The same layer, to be kept for longer than the snapshot.
    pub fn layer_handle(&self, layer: Layer) -> Arc<LayerSnapshot> {
        self.layers[layer.index()].clone()
    }

    /// The state after more changes, which are in commit order. Cannot fail: it takes only validated values.
    ///
    /// Cost: a copy of the overlays of the layers that change; more than 2,000 changes of a layer rebuild the chunks
    /// they touch.
    pub fn apply(&self, seq: Rev, changes: Vec<(Layer, Change)>) -> Self {
        let mut by_layer: Vec<Vec<Change>> = Layer::ALL.iter().map(|_| Vec::new()).collect();
        for (layer, change) in changes {
            by_layer[layer.index()].push(change);
        }
        let mut next = Self { seq, ..self.clone() };
        for (layer, changes) in Layer::ALL.into_iter().zip(by_layer) {
            if !changes.is_empty() {
                next.layers[layer.index()] = Arc::new(self.layer(layer).apply(changes));
                next.versions[layer.index()] = seq;
            }
        }
        next
    }

    /// The state after changes that came in bulk.
    ///
    /// Cost: proportional to the rows that come and the chunks that they touch; payloads are made as chunks are
    /// filled, so that memory holds them once.
    pub fn apply_bulk(
        &self,
        seq: Rev,
        bulks: &[Bulk],
        encode: impl Fn(Layer) -> Box<dyn Fn(&Feature, &mut Vec<u8>) + Sync>,
    ) -> Self {
        let mut next = Self { seq, ..self.clone() };
        for bulk in bulks {
            let encode = encode(bulk.layer);
            let encode: Encode<'_> = &*encode;
            let layer = next.layer(bulk.layer).apply_bulk(&bulk.parts, &bulk.gone, encode);
            next.layers[bulk.layer.index()] = Arc::new(layer);
            next.versions[bulk.layer.index()] = seq;
        }
        next
    }

    /// A layer whose overlay has grown past what it may.
    pub fn fold_due(&self) -> Option<Layer> {
        Layer::ALL.into_iter().find(|layer| self.layer(*layer).is_due())
    }

    /// Folds a layer's overlay into a new base. Slow: run it off the writer's thread, then [`FoldPlan::rebase`].
    pub fn fold(&self, layer: Layer) -> FoldPlan {
        let before = self.layer(layer).clone();
        let folded = before.folded();
        FoldPlan { layer, before, folded }
    }
}

/// A folded layer that waits to be put under what has changed meanwhile.
pub struct FoldPlan {
    layer: Layer,
    before: LayerSnapshot,
    folded: LayerSnapshot,
}

impl FoldPlan {
    /// The newest snapshot on the folded base; none when the base was replaced meanwhile.
    pub fn rebase(&self, newest: &Snapshot) -> Option<Snapshot> {
        let layer = newest.layer(self.layer).rebased(&self.before, &self.folded)?;
        let mut next = newest.clone();
        next.layers[self.layer.index()] = Arc::new(layer);
        Some(next)
    }
}

/// Many changes of one layer, kept compactly: the last word on each id.
pub struct Bulk {
    layer: Layer,
    parts: Vec<Rows>,
    gone: HashSet<FeatureId>,
}

impl Bulk {
    pub fn new(layer: Layer) -> Self {
        Self { layer, parts: Vec::new(), gone: HashSet::new() }
    }

    pub fn layer(&self) -> Layer {
        self.layer
    }

    /// Adds a feature. An id must come at most once.
    pub fn upsert(&mut self, feature: &Feature) {
        if self.parts.last().is_none_or(|rows| rows.len() >= MOST_ROWS) {
            if let Some(full) = self.parts.last_mut() {
                full.shrink();
            }
            self.parts.push(Rows::new(self.layer));
        }
        if let Some(rows) = self.parts.last_mut() {
            rows.push(feature);
        }
    }

    pub fn delete(&mut self, id: FeatureId) {
        self.gone.insert(id);
    }

    pub fn len(&self) -> usize {
        self.parts.iter().map(Rows::len).sum::<usize>() + self.gone.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
