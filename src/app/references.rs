//! Resolving references that input makes by id, code or external id.

use std::collections::{BTreeMap, HashMap};

use crate::app::AppError;
use crate::domain::draft::{Draft, FieldError, Lookup, LookupKey};
use crate::domain::feature::FeatureId;
use crate::domain::layer::Layer;
use crate::domain::reading::shortened;
use crate::domain::value::Value;
use crate::store::{ReadTx, WriteTx};

/// Where features can be looked up: a reading or a writing transaction.
pub(super) enum Lookups<'a> {
    Read(&'a mut ReadTx),
    Write(&'a mut WriteTx),
}

impl Lookups<'_> {
    async fn by_codes(&mut self, layer: Layer, keys: &[String]) -> Result<Vec<(String, FeatureId)>, AppError> {
        Ok(match self {
            Self::Read(tx) => tx.by_codes(layer, keys).await?,
            Self::Write(tx) => tx.by_codes(layer, keys).await?,
        })
    }

    async fn by_external_ids(&mut self, layer: Layer, keys: &[String]) -> Result<Vec<(String, FeatureId)>, AppError> {
        Ok(match self {
            Self::Read(tx) => tx.by_external_ids(layer, keys).await?,
            Self::Write(tx) => tx.by_external_ids(layer, keys).await?,
        })
    }

    async fn by_ids(&mut self, layer: Layer, keys: &[String]) -> Result<Vec<(String, FeatureId)>, AppError> {
        let ids: Vec<FeatureId> = keys.iter().filter_map(|key| key.parse().ok().map(FeatureId)).collect();
        let found = match self {
            Self::Read(tx) => tx.features(layer, &ids).await?,
            Self::Write(tx) => tx.features(layer, &ids).await?,
        };
        Ok(found.into_iter().map(|feature| (feature.id.0.to_string(), feature.id)).collect())
    }
}

/// Sets the values that the drafts' lookups mean. Answers, per draft, what was not found.
///
/// Cost: one statement a target and way of naming, whatever the number of drafts.
pub(super) async fn resolve(drafts: &mut [Draft], lookups: &mut Lookups<'_>) -> Result<Vec<Vec<FieldError>>, AppError> {
    let mut wanted: BTreeMap<(Layer, u8), Vec<String>> = BTreeMap::new();
    for lookup in drafts.iter().flat_map(|draft| &draft.lookups) {
        wanted.entry((lookup.target, lookup.by as u8)).or_default().push(lookup.key.clone());
    }
    let mut found: HashMap<(Layer, u8, String), FeatureId> = HashMap::new();
    for ((target, by), mut keys) in wanted {
        keys.sort_unstable();
        keys.dedup();
        let pairs = if by == LookupKey::Id as u8 {
            lookups.by_ids(target, &keys).await?
        } else if by == LookupKey::Code as u8 {
            lookups.by_codes(target, &keys).await?
        } else {
            lookups.by_external_ids(target, &keys).await?
        };
        found.extend(pairs.into_iter().map(|(key, id)| ((target, by, key), id)));
    }
    Ok(drafts.iter_mut().map(|draft| settle(draft, &found)).collect())
}

fn settle(draft: &mut Draft, found: &HashMap<(Layer, u8, String), FeatureId>) -> Vec<FieldError> {
    let mut errors = Vec::new();
    for lookup in std::mem::take(&mut draft.lookups) {
        let key = normal(&lookup);
        match found.get(&(lookup.target, lookup.by as u8, key)) {
            Some(id) => draft.values[lookup.property] = Some(Value::Integer(id.0)),
            None => errors.push(FieldError::new(lookup.pointer, not_found(&lookup.key, lookup.by, lookup.target))),
        }
    }
    errors
}

/// Ids are compared as numbers: `007` means 7.
fn normal(lookup: &Lookup) -> String {
    match (lookup.by, lookup.key.parse::<i64>()) {
        (LookupKey::Id, Ok(id)) => id.to_string(),
        _ => lookup.key.clone(),
    }
}

fn not_found(key: &str, by: LookupKey, target: Layer) -> String {
    let key = shortened(key);
    let way = match by {
        LookupKey::Id => "id",
        LookupKey::Code => "code",
        LookupKey::ExternalId => "external id",
    };
    format!("there is nothing in {} with the {way} '{key}': import {} first", target.name(), target.name())
}
