//! A recorded violation: what, when, where, and who answered for the place.

use crate::domain::layer::{Declaration, Layer, Time};
use crate::domain::property::{Kind, MEASURE, property};
use crate::spatial::shape::GeometryKind;

/// A violation belongs to the nearest section within this many metres, or within its own accuracy if that is more.
pub const SNAP_LIMIT_M: f64 = 50.0;

pub static DECLARATION: Declaration = Declaration {
    layer: Layer::Violations,
    name: "violations",
    table: "violation",
    title_en: "Violations",
    title_zh: "违法案件",
    geometry: &[GeometryKind::Point, GeometryKind::LineString, GeometryKind::Polygon],
    geometry_required: true,
    properties: &[
        property("category", Kind::Category, "Category", "类别").required(),
        property("occurred_at", Kind::Instant, "Occurred at", "发生时间").required(),
        property(
            "status",
            Kind::Choice(&["reported", "filed", "dispatched", "handled", "closed", "rejected"]),
            "Status",
            "状态",
        )
        .default("reported"),
        property("source", Kind::Choice(&["patrol", "hotline", "citizen", "video", "superior"]), "Source", "来源"),
        property("accuracy_m", MEASURE, "Accuracy of the position", "定位精度").unit("m"),
        property("description", Kind::Text, "Description", "描述"),
        property("area_m2", MEASURE, "Area", "面积").unit("m2").computed(),
        property("section_id", Kind::Reference(Layer::RoadSections), "Road section", "路段").computed(),
        property("side", Kind::Choice(&["left", "right", "on"]), "Side of the section", "道路侧").computed(),
        property("snap_m", MEASURE, "Distance to the section", "距路段").unit("m").computed(),
        property("squad_id", Kind::Reference(Layer::Squads), "Squad in charge", "责任中队").computed(),
    ],
    code: None,
    time: Time::At("occurred_at"),
    bound_to_jurisdiction: true,
};
