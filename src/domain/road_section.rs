//! A stretch of street between two junctions: what people answer for.

use crate::domain::layer::{Declaration, Layer, Time};
use crate::domain::property::{COUNT, Kind, MEASURE, property};
use crate::spatial::shape::GeometryKind;

/// Values of OSM's `highway` key that name a way, as the tag rules for walking, driving and bicycles know them.
pub const CLASSES: &[&str] = &[
    "motorway", "motorway_link", "trunk", "trunk_link", "primary", "primary_link", "secondary", "secondary_link",
    "tertiary", "tertiary_link", "unclassified", "residential", "living_street", "service", "pedestrian",
    "footway", "path", "steps", "track", "road", "cycleway", "bridleway", "corridor",
];

const DIRECTIONS: Kind = Kind::Choice(&["no", "forward", "backward"]);

pub static DECLARATION: Declaration = Declaration {
    layer: Layer::RoadSections,
    name: "road-sections",
    table: "road_section",
    title_en: "Road sections",
    title_zh: "路段",
    geometry: &[GeometryKind::LineString],
    geometry_required: true,
    properties: &[
        property("class", Kind::Text, "Class (OSM highway value)", "道路等级").required(),
        property("name", Kind::Text, "Name", "名称"),
        property("grade", Kind::Choice(&["strict", "controlled", "general"]), "Grade", "管控等级"),
        property("oneway", DIRECTIONS, "One-way for vehicles", "机动车单行"),
        property("oneway_bicycle", DIRECTIONS, "One-way for bicycles", "自行车单行"),
        property("foot", Kind::Boolean, "On foot", "可步行"),
        property("bicycle", Kind::Boolean, "By bicycle", "可骑行"),
        property("motor", Kind::Boolean, "By motor vehicle", "可驾车"),
        property("shops", COUNT, "Shops", "店铺数"),
        property("workload_min", MEASURE, "Workload a day", "每日工作量").unit("min"),
        property("cost_m", MEASURE, "Length to travel", "通行长度").unit("m"),
        property("length_m", MEASURE, "Length", "长度").unit("m").computed(),
        property("squad_id", Kind::Reference(Layer::Squads), "Squad", "中队").computed(),
    ],
    code: None,
    time: Time::None,
    bound_to_jurisdiction: true,
};
