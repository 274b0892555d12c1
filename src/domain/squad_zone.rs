//! The part of the jurisdiction that an area squad answers for, over a span of time.

use crate::domain::layer::{Declaration, Layer, Time};
use crate::domain::property::{Kind, property};
use crate::spatial::shape::GeometryKind;

pub static DECLARATION: Declaration = Declaration {
    layer: Layer::SquadZones,
    name: "squad-zones",
    table: "squad_zone",
    title_en: "Squad zones",
    title_zh: "中队责任区",
    geometry: &[GeometryKind::Polygon, GeometryKind::MultiPolygon],
    geometry_required: true,
    properties: &[
        property("squad_id", Kind::Reference(Layer::Squads), "Squad", "中队").required(),
        property("name", Kind::Text, "Name", "名称"),
        property("valid_from", Kind::Instant, "Valid from", "生效时间"),
        property("valid_to", Kind::Instant, "Valid to", "失效时间"),
    ],
    code: None,
    time: Time::Between("valid_from", "valid_to"),
    bound_to_jurisdiction: true,
};
