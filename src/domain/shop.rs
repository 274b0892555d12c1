//! A shop, and its agreement to keep its front in order.

use crate::domain::layer::{Declaration, Layer, Time};
use crate::domain::property::{Kind, property};
use crate::spatial::shape::GeometryKind;

pub static DECLARATION: Declaration = Declaration {
    layer: Layer::Shops,
    name: "shops",
    table: "shop",
    title_en: "Shops",
    title_zh: "店铺",
    geometry: &[GeometryKind::Point],
    geometry_required: true,
    properties: &[
        property("name", Kind::Text, "Name", "名称").required(),
        property("agreement_signed_on", Kind::Date, "Agreement signed on", "协议签订日期"),
        property("persistent_offender", Kind::Boolean, "Persistent offender", "屡犯"),
        property("section_id", Kind::Reference(Layer::RoadSections), "Road section", "路段").computed(),
    ],
    code: None,
    time: Time::None,
    bound_to_jurisdiction: true,
};
