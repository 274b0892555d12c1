//! From a layer's declaration to its columns: the statements, the binding and the reading of a feature.

use std::sync::OnceLock;

use jiff::Timestamp;
use serde_json::{Map, Value as Json};
use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{Row, Sqlite};

use crate::domain::feature::{Feature, FeatureId, Flags, Rev};
use crate::domain::layer::Layer;
use crate::domain::property::Kind;
use crate::domain::value::Value;
use crate::store::{StoreError, wkb};

/// Columns that every layer has, after its key.
pub(super) const COMMON: [&str; 8] =
    ["rev", "commit_id", "external_id", "created_at", "updated_at", "geometry", "flags", "extras"];

/// The statements of one layer. Made once from our own identifiers, never from input.
pub(super) struct Statements {
    pub insert: String,
    pub update: String,
    pub delete: String,
    pub select_by_ids: String,
    pub select_page: String,
    pub by_external_ids: String,
    pub by_codes: Option<String>,
}

pub(super) fn statements(layer: Layer) -> &'static Statements {
    static ALL: OnceLock<Vec<Statements>> = OnceLock::new();
    &ALL.get_or_init(|| Layer::ALL.into_iter().map(Statements::of).collect())[layer.index()]
}

/// All columns but the key, in the order in which [`bind`] binds them.
pub(super) fn columns(layer: Layer) -> Vec<&'static str> {
    COMMON.into_iter().chain(layer.declaration().properties.iter().map(|property| property.name)).collect()
}

impl Statements {
    fn of(layer: Layer) -> Self {
        let table = layer.declaration().table;
        let columns = columns(layer);
        let names = columns.join(", ");
        let marks = vec!["?"; columns.len()].join(", ");
        let settings: Vec<String> = columns.iter().map(|name| format!("{name} = ?")).collect();
        let select = format!("select {table}_id, {names} from {table}");
        Self {
            insert: format!("insert into {table} ({names}) values ({marks})"),
            update: format!("update {table} set {} where {table}_id = ?", settings.join(", ")),
            delete: format!("delete from {table} where {table}_id = ?"),
            select_by_ids: format!("{select} where {table}_id in (select value from json_each(?)) order by {table}_id"),
            select_page: format!("{select} where {table}_id > ? order by {table}_id limit ?"),
            by_external_ids: format!(
                "select external_id, {table}_id from {table} where external_id in (select value from json_each(?))"
            ),
            by_codes: layer.declaration().code.map(|code| {
                format!("select {code}, {table}_id from {table} where {code} in (select value from json_each(?))")
            }),
        }
    }
}

pub(super) type Query<'q> = sqlx::query::Query<'q, Sqlite, SqliteArguments>;

/// Binds the columns of a feature, without its key.
pub(super) fn bind<'q>(mut query: Query<'q>, feature: &'q Feature, commit: i64) -> Query<'q> {
    let extras = (!feature.extras.is_empty()).then(|| Json::Object(feature.extras.clone()).to_string());
    query = query
        .bind(feature.rev.0)
        .bind(commit)
        .bind(feature.external_id.as_deref())
        .bind(feature.created_at.as_microsecond())
        .bind(feature.updated_at.as_microsecond())
        .bind(feature.geometry.as_ref().map(wkb::write))
        .bind(i64::from(feature.flags.0))
        .bind(extras);
    for value in &feature.values {
        query = match value {
            Value::Null => query.bind(None::<i64>),
            Value::Text(text) => query.bind(text.as_str()),
            Value::Integer(number) => query.bind(*number),
            Value::Number(number) => query.bind(*number),
            Value::Boolean(truth) => query.bind(i64::from(*truth)),
            Value::Instant(at) => query.bind(at.as_microsecond()),
            Value::Date(date) => query.bind(date.to_string()),
            Value::Positions(positions) => query.bind(
                Json::from(positions.iter().map(|position| Json::from(position.to_vec())).collect::<Vec<_>>())
                    .to_string(),
            ),
        };
    }
    query
}

/// Reads a row of `select <key>, <columns>`.
pub(super) fn read(layer: Layer, row: &SqliteRow) -> Result<Feature, StoreError> {
    let blob: Option<&[u8]> = row.try_get_unchecked(6)?;
    let geometry = blob.map(wkb::read).transpose().map_err(|error| StoreError::Corrupt(error.to_string()))?;
    let extras: Option<&str> = row.try_get_unchecked(8)?;
    let mut values = Vec::with_capacity(layer.declaration().properties.len());
    for (at, property) in layer.declaration().properties.iter().enumerate() {
        values.push(read_value(row, 1 + COMMON.len() + at, property.kind)?);
    }
    Ok(Feature {
        id: FeatureId(row.try_get_unchecked(0)?),
        rev: Rev(row.try_get_unchecked(1)?),
        external_id: row.try_get_unchecked(3)?,
        created_at: instant(row.try_get_unchecked(4)?)?,
        updated_at: instant(row.try_get_unchecked(5)?)?,
        geometry,
        flags: Flags(row.try_get_unchecked::<i64, _>(7)? as u32),
        extras: extras.map_or_else(|| Ok(Map::new()), read_extras)?,
        values,
    })
}

fn read_extras(text: &str) -> Result<Map<String, Json>, StoreError> {
    serde_json::from_str(text).map_err(|error| StoreError::Corrupt(format!("undeclared properties: {error}")))
}

fn instant(microseconds: i64) -> Result<Timestamp, StoreError> {
    Timestamp::from_microsecond(microseconds).map_err(|error| StoreError::Corrupt(error.to_string()))
}

fn read_value(row: &SqliteRow, at: usize, kind: Kind) -> Result<Value, StoreError> {
    let text = || row.try_get_unchecked::<Option<String>, _>(at);
    let whole = || row.try_get_unchecked::<Option<i64>, _>(at);
    let value = match kind {
        Kind::Text | Kind::Choice(_) | Kind::Category | Kind::MonthDay => text()?.map(Value::Text),
        Kind::Integer { .. } | Kind::Reference(_) => whole()?.map(Value::Integer),
        Kind::Number { .. } => row.try_get_unchecked::<Option<f64>, _>(at)?.map(Value::Number),
        Kind::Boolean => whole()?.map(|number| Value::Boolean(number != 0)),
        Kind::Instant => whole()?.map(instant).transpose()?.map(Value::Instant),
        Kind::Date => text()?
            .map(|text| text.parse().map_err(|_| StoreError::Corrupt(format!("'{text}' is not a date"))))
            .transpose()?
            .map(Value::Date),
        Kind::Positions => text()?
            .map(|text| serde_json::from_str(&text).map_err(|error| StoreError::Corrupt(error.to_string())))
            .transpose()?
            .map(Value::Positions),
    };
    Ok(value.unwrap_or(Value::Null))
}

/// A list as the text that `json_each` takes: one bound value for any number of keys.
pub(super) fn json_list<T: Into<Json>>(items: impl IntoIterator<Item = T>) -> String {
    Json::Array(items.into_iter().map(Into::into).collect()).to_string()
}
