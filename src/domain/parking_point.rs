//! A place to park: a bicycle stand on the pavement, a car park, its entrances.

use crate::domain::layer::{Declaration, Layer, Time};
use crate::domain::property::{COUNT, Kind, property};
use crate::spatial::shape::GeometryKind;

pub static DECLARATION: Declaration = Declaration {
    layer: Layer::ParkingPoints,
    name: "parking-points",
    table: "parking_point",
    title_en: "Parking points",
    title_zh: "停放点",
    geometry: &[GeometryKind::Point, GeometryKind::Polygon],
    geometry_required: true,
    properties: &[
        property("kind", Kind::Choice(&["bicycle", "motor", "motorcycle"]), "Kind", "类型")
            .required()
            .aliases(&[("car", "motor")]),
        property("name", Kind::Text, "Name", "名称"),
        property("capacity", COUNT, "Capacity", "容量"),
        property("occupied", COUNT, "Occupied", "已占用"),
        property("access", Kind::Text, "Access", "开放对象"),
        property("opening_hours", Kind::Text, "Opening hours", "开放时间"),
        property("entrances", Kind::Positions, "Entrances", "出入口"),
    ],
    code: None,
    time: Time::None,
    bound_to_jurisdiction: true,
};
