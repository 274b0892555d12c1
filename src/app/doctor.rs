//! Is what is stored what a rebuild gives?

use jiff::Timestamp;

use crate::app::facts::derive;
use crate::app::jurisdiction::{Jurisdictions, Standing};
use crate::app::{App, AppError};
use crate::domain::feature::{Feature, Rev};
use crate::domain::layer::Layer;

/// What the doctor found.
#[derive(Debug, Clone)]
pub struct Findings {
    /// The moment that was looked at.
    pub seq: Rev,
    pub looked_at: Timestamp,
    /// Features by layer.
    pub counts: Vec<(Layer, usize)>,
    /// Sentences; none means healthy.
    pub faults: Vec<String>,
    /// Areas that wait to be derived again; facts in them are not faults.
    pub waiting: u64,
}

/// Faults that are told one by one.
const TOLD: usize = 50;

/// Runs the store's own checks, and derives every feature's facts anew from what is stored.
///
/// Cost: reads the whole store. `app` must have all layers in memory.
pub async fn examine(app: &App) -> Result<Findings, AppError> {
    let mut faults: Vec<String> = app.0.store.check().await?.into_iter().map(|fault| fault.0).collect();
    let waiting = app.0.store.read().await?.count_derivations().await?;
    let snapshot = app.snapshot();
    let mut tx = app.0.store.read().await?;
    // What others have written since is not a fault.
    if tx.newest().await? == snapshot.seq() && tx.owners().await? != **snapshot.owners() {
        faults.push("who owned which section when differs from what the stored plans say".to_owned());
    }
    drop(tx);
    let jurisdictions = Jurisdictions::of(&snapshot);
    let mut counts = Vec::new();
    for layer in Layer::ALL {
        let mut count = 0;
        snapshot.layer(layer).for_each(&mut |row| {
            count += 1;
            let feature = row.feature();
            let standing = match jurisdictions.standing(layer, &feature) {
                Standing::Far => Standing::Outside,
                near => near,
            };
            let mut anew = feature.clone();
            derive(&snapshot, layer, &mut anew, standing);
            if waiting == 0 && !anew.says_the_same(&feature) && faults.len() < TOLD {
                faults.push(difference(layer, &feature, &anew));
            }
        });
        counts.push((layer, count));
    }
    Ok(Findings { seq: snapshot.seq(), looked_at: Timestamp::now(), counts, faults, waiting })
}

fn difference(layer: Layer, stored: &Feature, anew: &Feature) -> String {
    let properties = layer.declaration().properties.iter().zip(stored.values.iter().zip(&anew.values));
    let changed: Vec<&str> =
        properties.filter(|(_, (before, after))| before != after).map(|(property, _)| property.name).collect();
    let what = if changed.is_empty() { "flags".to_owned() } else { changed.join(", ") };
    format!("{} {}: {what} differ from what a rebuild gives", layer.name(), stored.id.0)
}
