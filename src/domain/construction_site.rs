//! A construction site, from start to end.

use crate::domain::layer::{Declaration, Layer, Time};
use crate::domain::property::{Kind, property};
use crate::spatial::shape::GeometryKind;

pub static DECLARATION: Declaration = Declaration {
    layer: Layer::ConstructionSites,
    name: "construction-sites",
    table: "construction_site",
    title_en: "Construction sites",
    title_zh: "建筑工地",
    geometry: &[GeometryKind::Polygon],
    geometry_required: true,
    properties: &[
        property("name", Kind::Text, "Name", "名称").required(),
        property("status", Kind::Choice(&["planned", "active", "stopped", "finished"]), "Status", "状态"),
        property("started_on", Kind::Date, "Started on", "开工日期"),
        property("ended_on", Kind::Date, "Ended on", "竣工日期"),
    ],
    code: None,
    time: Time::Between("started_on", "ended_on"),
    bound_to_jurisdiction: true,
};
