//! An assistant who answers for road sections; the point, if any, is the post. No personal data.

use crate::domain::layer::{Declaration, Layer, Time};
use crate::domain::property::{Kind, property};
use crate::spatial::shape::GeometryKind;

pub static DECLARATION: Declaration = Declaration {
    layer: Layer::Assistants,
    name: "assistants",
    table: "assistant",
    title_en: "Assistants",
    title_zh: "协管员",
    geometry: &[GeometryKind::Point],
    geometry_required: false,
    properties: &[
        property("code", Kind::Text, "Code", "代码").required().unique(),
        property("squad_id", Kind::Reference(Layer::Squads), "Squad", "中队").required(),
        property("shift", Kind::Text, "Shift", "班次"),
        property("status", Kind::Text, "Status", "状态"),
    ],
    code: Some("code"),
    time: Time::None,
    bound_to_jurisdiction: true,
};
