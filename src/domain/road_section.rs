//! A stretch of street between two junctions: what people answer for.

use serde_json::{Map, Value as Json};

use crate::domain::layer::{Declaration, Layer, Time};
use crate::domain::property::{COUNT, Kind, MEASURE, property};
use crate::domain::value::Value;
use crate::spatial::geodesic::length_m;
use crate::spatial::network::{Section, Street, Ways};
use crate::spatial::shape::{GeometryKind, Shape};

/// Classes that everybody may use unless the section says otherwise (defaults of OSM's access tags).
const SHARED: &[&str] = &[
    "primary",
    "primary_link",
    "secondary",
    "secondary_link",
    "tertiary",
    "tertiary_link",
    "unclassified",
    "residential",
    "living_street",
    "service",
    "road",
];
/// Further classes for people on foot, on bicycles and in motor vehicles.
const WALKED: &[&str] = &["pedestrian", "footway", "path", "steps", "track", "cycleway", "bridleway", "corridor"];
const RIDDEN: &[&str] = &["path", "track", "cycleway"];
const DRIVEN: &[&str] = &["motorway", "motorway_link", "trunk", "trunk_link"];

/// Fills what a new section does not say: who may use it, by its class, and its directions.
pub fn complete(values: &mut [Value]) {
    let place = |name| DECLARATION.position(name).expect("the declaration has it");
    let class = values[place("class")].text().unwrap_or("").to_owned();
    for (name, classes) in [("foot", WALKED), ("bicycle", RIDDEN), ("motor", DRIVEN)] {
        if values[place(name)].is_null() {
            values[place(name)] = Value::Boolean(SHARED.iter().chain(classes).any(|known| *known == class));
        }
    }
    if values[place("oneway")].is_null() {
        values[place("oneway")] = Value::Text("no".to_owned());
    }
    if values[place("oneway_bicycle")].is_null() {
        values[place("oneway_bicycle")] = values[place("oneway")].clone();
    }
}

/// Undeclared properties of sections that end at the same place without meeting: names of their junctions.
pub const FROM_NODE: &str = "from_node";
pub const TO_NODE: &str = "to_node";

/// The section as a street of the network; none without a line.
pub fn street(geometry: Option<&Shape>, values: &[Value], extras: &Map<String, Json>) -> Option<Street> {
    let Some(Shape::LineString(line)) = geometry else { return None };
    let node = |name| extras.get(name).and_then(Json::as_i64);
    Some(Street {
        start: *line.0.first()?,
        end: *line.0.last()?,
        nodes: [node(FROM_NODE), node(TO_NODE)],
        metres: length_m(line),
        ways: ways(values),
    })
}

/// In which directions people on foot, on bicycles and in motor vehicles may use a section. On foot both, always.
pub fn ways(values: &[Value]) -> [Ways; 3] {
    let value = |name: &'static str| DECLARATION.position(name).and_then(|at| values.get(at)).unwrap_or(&Value::Null);
    let ways = |may: &'static str, oneway: &'static str| {
        let (may, oneway) = (value(may) == &Value::Boolean(true), value(oneway).text().unwrap_or("no"));
        Ways { forward: may && oneway != "backward", backward: may && oneway != "forward" }
    };
    let foot = if value("foot") == &Value::Boolean(true) { Ways::BOTH } else { Ways::NONE };
    [foot, ways("bicycle", "oneway_bicycle"), ways("motor", "oneway")]
}

/// How strictly a section is managed.
pub const GRADES: &[&str] = &["strict", "controlled", "general"];

/// Kilometres an hour in a vehicle by class, for durations; other classes go at [`OTHER_KMH`].
const KMH: [(&str, f64); 15] = [
    ("motorway", 100.0),
    ("motorway_link", 60.0),
    ("trunk", 80.0),
    ("trunk_link", 50.0),
    ("primary", 50.0),
    ("primary_link", 40.0),
    ("secondary", 45.0),
    ("secondary_link", 35.0),
    ("tertiary", 40.0),
    ("tertiary_link", 30.0),
    ("unclassified", 30.0),
    ("residential", 25.0),
    ("living_street", 10.0),
    ("service", 15.0),
    ("track", 15.0),
];
const OTHER_KMH: f64 = 25.0;

/// Kilometres an hour in a vehicle on streets of a class.
pub fn default_kmh(class: &str) -> f64 {
    KMH.iter().find(|(name, _)| *name == class).map_or(OTHER_KMH, |(_, kmh)| *kmh)
}

/// The section as part of the network that is travelled; `kmh` tells the speed of a class. None without a line.
pub fn section(
    id: i64,
    geometry: Option<&Shape>,
    values: &[Value],
    extras: &Map<String, Json>,
    kmh: &dyn Fn(&str) -> f64,
) -> Option<Section> {
    let Some(Shape::LineString(line)) = geometry else { return None };
    let node = |name| extras.get(name).and_then(Json::as_i64);
    let value = |name: &'static str| DECLARATION.position(name).and_then(|at| values.get(at)).unwrap_or(&Value::Null);
    // The stored length is rounded to millimetres: only a cost of its own counts.
    let (cost, length) = (value("cost_m").number(), value("length_m").number());
    Some(Section {
        id,
        line: line.clone(),
        nodes: [node(FROM_NODE), node(TO_NODE)],
        metres: cost.filter(|cost| length != Some(*cost)),
        ways: ways(values),
        drive_m_s: kmh(value("class").text().unwrap_or("")) / 3.6,
    })
}

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
        property("grade", Kind::Choice(GRADES), "Grade", "管控等级"),
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
