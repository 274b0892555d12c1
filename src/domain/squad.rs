//! A squad: the people who answer for streets. Its point, if any, is its base.

use crate::domain::layer::{Declaration, Layer, Time};
use crate::domain::property::{COUNT, Kind, property};
use crate::spatial::shape::GeometryKind;

pub static DECLARATION: Declaration = Declaration {
    layer: Layer::Squads,
    name: "squads",
    table: "squad",
    title_en: "Squads",
    title_zh: "中队",
    geometry: &[GeometryKind::Point],
    geometry_required: false,
    properties: &[
        property("code", Kind::Text, "Code", "代码").required().unique(),
        property("name", Kind::Text, "Name", "名称").required(),
        property("kind", Kind::Choice(&["area", "mobile", "special", "township"]), "Kind", "类型").required(),
        property("status", Kind::Choice(&["forming", "active", "retired"]), "Status", "状态").required(),
        property("strength", COUNT, "Strength", "人数").unit("{people}"),
    ],
    code: Some("code"),
    time: Time::None,
    bound_to_jurisdiction: false,
};
