//! The area in which the bureau keeps the streets in order.

use crate::domain::layer::{Declaration, Layer, Time};
use crate::domain::property::{Kind, property};
use crate::spatial::shape::GeometryKind;

pub static DECLARATION: Declaration = Declaration {
    layer: Layer::Jurisdictions,
    name: "jurisdictions",
    table: "jurisdiction",
    title_en: "Jurisdictions",
    title_zh: "辖区",
    geometry: &[GeometryKind::Polygon, GeometryKind::MultiPolygon],
    geometry_required: true,
    properties: &[
        property("code", Kind::Text, "Code", "代码").required().unique(),
        property("name", Kind::Text, "Name", "名称").required(),
        property("parent_code", Kind::Text, "Code of the parent", "上级代码"),
    ],
    code: Some("code"),
    time: Time::None,
    bound_to_jurisdiction: false,
};
