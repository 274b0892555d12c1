//! Features into a file: GeoJSON, GeoJSONSeq or CSV. What is written reads back as the same.

use std::io::{self, Write};

use crate::domain::feature::Feature;
use crate::domain::layer::Layer;
use crate::domain::moment::write_instant;
use crate::domain::value::Value;
use crate::formats::csv::cell_of;
use crate::formats::geojson::{Encoding, write_feature, write_value};
use crate::formats::{Format, wkt};
use crate::spatial::crs::{Crs, CrsError};
use crate::spatial::shape::GeometryKind;

#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    #[error("write the output")]
    Io(#[from] io::Error),
    #[error(transparent)]
    Crs(#[from] CrsError),
}

/// The member that names the system of a collection, as GeoJSON of 2008 had it; empty for WGS 84 (RFC 7946).
pub fn crs_member(crs: &Crs) -> String {
    if crs.is_stored() {
        return String::new();
    }
    let name = serde_json::Value::from(crs.name());
    format!(r#""crs":{{"type":"name","properties":{{"name":{name}}}}},"#)
}

/// Writes features of one layer, one by one.
pub struct Writer<W: Write> {
    out: W,
    format: Format,
    layer: Layer,
    crs: Crs,
    /// Names of undeclared properties: the columns of a table that the layer does not know.
    extras: Vec<String>,
    /// Only these properties; all when none.
    properties: Option<Vec<String>>,
    /// Which columns of a table are written.
    shown: Vec<bool>,
    count: usize,
    line: Vec<u8>,
}

impl<W: Write> Writer<W> {
    /// `extras` matter for tables only. Writes the head of the file.
    pub fn new(out: W, format: Format, layer: Layer, crs: Crs, extras: Vec<String>) -> Result<Self, WriteError> {
        Self::narrowed(out, format, layer, crs, extras, None)
    }

    /// A writer of these properties alone. A table keeps `id` and the columns of its geometry, too.
    pub fn narrowed(
        out: W,
        format: Format,
        layer: Layer,
        crs: Crs,
        extras: Vec<String>,
        properties: Option<Vec<String>>,
    ) -> Result<Self, WriteError> {
        let line = Vec::new();
        let mut writer = Self { out, format, layer, crs, extras, properties, shown: Vec::new(), count: 0, line };
        match format {
            Format::GeoJson => {
                writer.out.write_all(b"{\"type\":\"FeatureCollection\",")?;
                writer.out.write_all(crs_member(&writer.crs).as_bytes())?;
                writer.out.write_all(b"\"features\":[")?;
            }
            Format::GeoJsonSeq => {}
            Format::Csv => writer.write_header()?,
        }
        Ok(writer)
    }

    pub fn write(&mut self, feature: &Feature) -> Result<(), WriteError> {
        self.line.clear();
        match self.format {
            Format::GeoJson | Format::GeoJsonSeq => {
                let encoding = Encoding { crs: &self.crs, properties: self.properties.as_deref() };
                write_feature(self.layer, feature, &encoding, &mut self.line)?;
                let separator: &[u8] = match (self.format, self.count) {
                    (Format::GeoJson, 0) => b"\n",
                    (Format::GeoJson, _) => b",\n",
                    _ => b"",
                };
                self.out.write_all(separator)?;
                self.out.write_all(&self.line)?;
                if self.format == Format::GeoJsonSeq {
                    self.out.write_all(b"\n")?;
                }
            }
            Format::Csv => self.write_row(feature)?,
        }
        self.count += 1;
        Ok(())
    }

    /// Writes the end of the file and gives the output back.
    pub fn finish(mut self) -> Result<W, WriteError> {
        if self.format == Format::GeoJson {
            self.out.write_all(b"\n]}\n")?;
        }
        self.out.flush()?;
        Ok(self.out)
    }

    fn only_points(&self) -> bool {
        self.layer.declaration().geometry == [GeometryKind::Point]
    }

    fn write_header(&mut self) -> Result<(), WriteError> {
        let mut names = vec!["id", "external_id", "rev", "created_at", "updated_at"];
        names.extend(self.layer.declaration().properties.iter().map(|property| property.name));
        names.push("flags");
        names.extend(["lon", "lat"]);
        if !self.only_points() {
            names.push("wkt");
        }
        // A column stands once: what the source called lon and lat gives way to the place that is stored.
        self.extras.retain(|extra| !names.contains(&extra.as_str()));
        names.extend(self.extras.iter().map(String::as_str));
        let wanted = |name: &str| self.properties.as_ref().is_none_or(|only| only.iter().any(|one| one == name));
        self.shown = names.iter().map(|name| matches!(*name, "id" | "lon" | "lat" | "wkt") || wanted(name)).collect();
        let names: Vec<String> = names.into_iter().map(str::to_owned).collect();
        self.write_cells(&names)
    }

    fn write_row(&mut self, feature: &Feature) -> Result<(), WriteError> {
        let mut cells = vec![
            feature.id.0.to_string(),
            feature.external_id.clone().unwrap_or_default(),
            feature.rev.0.to_string(),
            write_instant(feature.created_at),
            write_instant(feature.updated_at),
        ];
        for value in &feature.values {
            cells.push(self.cell(value)?);
        }
        cells.push(feature.flags.names().collect::<Vec<_>>().join(" "));
        self.push_geometry(feature, &mut cells)?;
        cells.extend(self.extras.iter().map(|name| feature.extras.get(name).map(cell_of).unwrap_or_default()));
        self.write_cells(&cells)
    }

    fn cell(&self, value: &Value) -> Result<String, CrsError> {
        Ok(match value {
            Value::Null => String::new(),
            Value::Text(text) => text.clone(),
            other => {
                let mut json = Vec::new();
                write_value(other, &self.crs, &mut json)?;
                String::from_utf8_lossy(&json).trim_matches('"').to_owned()
            }
        })
    }

    fn push_geometry(&self, feature: &Feature, cells: &mut Vec<String>) -> Result<(), CrsError> {
        let decimals = self.crs.decimals();
        let (lon, lat) = match &feature.geometry {
            None => (String::new(), String::new()),
            Some(shape) => {
                let anchor = shape.anchor();
                let (x, y) = self.crs.from_wgs84(anchor.x(), anchor.y())?;
                (format!("{x:.decimals$}"), format!("{y:.decimals$}"))
            }
        };
        cells.extend([lon, lat]);
        if !self.only_points() {
            let encoding = Encoding { crs: &self.crs, properties: None };
            cells.push(feature.geometry.as_ref().map_or(Ok(String::new()), |shape| wkt::write(shape, &encoding))?);
        }
        Ok(())
    }

    fn write_cells(&mut self, cells: &[String]) -> Result<(), WriteError> {
        let mut row = csv::WriterBuilder::new().from_writer(&mut self.out);
        let shown = cells.iter().zip(&self.shown).filter(|(_, shown)| **shown).map(|(cell, _)| cell);
        row.write_record(shown).map_err(io::Error::other)?;
        row.flush()?;
        Ok(())
    }
}
