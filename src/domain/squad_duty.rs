//! What a squad does over the squads that own the streets: at certain hours, for a category, in an area or everywhere.
//!
//! Such duties never count when the ground is divided.

use crate::domain::layer::{Declaration, Layer, Time};
use crate::domain::property::{Kind, property};
use crate::spatial::shape::GeometryKind;

pub static DECLARATION: Declaration = Declaration {
    layer: Layer::SquadDuties,
    name: "squad-duties",
    table: "squad_duty",
    title_en: "Squad duties",
    title_zh: "中队勤务",
    geometry: &[GeometryKind::Polygon, GeometryKind::MultiPolygon],
    geometry_required: false,
    properties: &[
        property("squad_id", Kind::Reference(Layer::Squads), "Squad", "中队").required(),
        property("name", Kind::Text, "Name", "名称"),
        property("hours", Kind::Text, "Hours of the day", "时段"),
        property("weekdays", Kind::Text, "Days of the week", "星期"),
        property("category", Kind::Category, "Category", "类别"),
        property("valid_from", Kind::Instant, "Valid from", "生效时间"),
        property("valid_to", Kind::Instant, "Valid to", "失效时间"),
    ],
    code: None,
    time: Time::Between("valid_from", "valid_to"),
    bound_to_jurisdiction: true,
};
