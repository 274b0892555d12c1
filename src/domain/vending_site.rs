//! A place where stalls are allowed, in its season.

use crate::domain::layer::{Declaration, Layer, Time};
use crate::domain::property::{COUNT, Kind, property};
use crate::spatial::shape::GeometryKind;

pub static DECLARATION: Declaration = Declaration {
    layer: Layer::VendingSites,
    name: "vending-sites",
    table: "vending_site",
    title_en: "Vending sites",
    title_zh: "便民摊点",
    geometry: &[GeometryKind::Point, GeometryKind::Polygon],
    geometry_required: true,
    properties: &[
        property("name", Kind::Text, "Name", "名称").required(),
        property("season_from", Kind::MonthDay, "Season from", "开放季节起"),
        property("season_to", Kind::MonthDay, "Season to", "开放季节止"),
        property("stalls", COUNT, "Stalls", "摊位数"),
        property("purpose", Kind::Text, "Purpose", "用途"),
    ],
    code: None,
    time: Time::None,
    bound_to_jurisdiction: true,
};
