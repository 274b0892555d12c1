//! What the tags of OpenStreetMap say: who may use a way, in which direction, and what is a place to park.
//!
//! Walking, driving and parking follow the rules that the reference networks were cut with; bicycles follow OSM's
//! usual access tags. `docs/osm.md` tells them in words.

use crate::spatial::network::Ways;

/// Values of `highway` that are no way one can use now.
const DEAD: [&str; 10] = [
    "construction",
    "proposed",
    "abandoned",
    "razed",
    "platform",
    "raceway",
    "elevator",
    "rest_area",
    "services",
    "bus_stop",
];
/// Streets for everybody.
const SHARED: [&str; 10] = [
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
];
const WALKED: [&str; 9] =
    ["pedestrian", "footway", "path", "steps", "track", "road", "cycleway", "bridleway", "corridor"];
const DRIVEN: [&str; 5] = ["motorway", "motorway_link", "trunk", "trunk_link", "road"];
const RIDDEN: [&str; 4] = ["path", "track", "cycleway", "road"];
const YES: [&str; 6] = ["yes", "designated", "permissive", "official", "destination", "customers"];
const NO: [&str; 2] = ["no", "private"];

/// Keys that are kept while a way is read.
pub(super) const KEYS: [&str; 32] = [
    "highway",
    "name",
    "name:zh",
    "name:en",
    "ref",
    "foot",
    "access",
    "bicycle",
    "vehicle",
    "motorcar",
    "motor_vehicle",
    "motorroad",
    "oneway",
    "oneway:bicycle",
    "junction",
    "cycleway",
    "cycleway:left",
    "cycleway:right",
    "cycleway:both",
    "maxspeed",
    "bridge",
    "tunnel",
    "layer",
    "surface",
    "amenity",
    "capacity",
    "fee",
    "parking",
    "opening_hours",
    "operator",
    "covered",
    "bicycle_parking",
];

/// Tags of one element.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Tags(pub Vec<(String, String)>);

impl Tags {
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str())
    }

    fn is(&self, key: &str, values: &[&str]) -> bool {
        self.get(key).is_some_and(|value| values.contains(&value))
    }

    fn class(&self) -> Option<&str> {
        self.get("highway").filter(|class| !DEAD.contains(class))
    }

    pub fn walk(&self) -> bool {
        let Some(class) = self.class() else { return false };
        if self.is("foot", &YES) {
            return true;
        }
        let barred = self.is("foot", &NO) || self.get("foot") == Some("use_sidepath") || self.is("access", &NO);
        !barred && (SHARED.contains(&class) || WALKED.contains(&class))
    }

    pub fn drive(&self) -> Ways {
        let class = self.get("highway").unwrap_or_default();
        if !SHARED.contains(&class) && !DRIVEN.contains(&class) {
            return Ways::NONE;
        }
        // The most exact key that says something decides.
        for key in ["motorcar", "motor_vehicle", "vehicle", "access"] {
            if self.is(key, &YES) {
                break;
            }
            if self.is(key, &NO) {
                return Ways::NONE;
            }
        }
        self.direction("oneway").unwrap_or(if self.goes_round() || class == "motorway" {
            Ways { forward: true, backward: false }
        } else {
            Ways::BOTH
        })
    }

    pub fn ride(&self) -> Ways {
        if self.may_ride() { self.ride_direction() } else { Ways::NONE }
    }

    fn may_ride(&self) -> bool {
        let Some(class) = self.class() else { return false };
        for key in ["bicycle", "vehicle", "access"] {
            if self.is(key, &YES) {
                // `access=yes` opens a way to everybody, but makes no staircase rideable.
                return key != "access" || SHARED.contains(&class) || RIDDEN.contains(&class);
            }
            let barred = self.is(key, &NO) || self.is(key, &["use_sidepath", "dismount"]);
            if barred {
                return false;
            }
        }
        let motorroad = self.get("motorroad") == Some("yes");
        !motorroad && (SHARED.contains(&class) || RIDDEN.contains(&class))
    }

    fn ride_direction(&self) -> Ways {
        if let Some(own) = self.direction("oneway:bicycle") {
            return own;
        }
        let contraflow = ["cycleway", "cycleway:left", "cycleway:right", "cycleway:both"]
            .into_iter()
            .any(|key| self.get(key).is_some_and(|value| value.starts_with("opposite")));
        if contraflow {
            return Ways::BOTH;
        }
        let round = if self.goes_round() { Ways { forward: true, backward: false } } else { Ways::BOTH };
        self.direction("oneway").unwrap_or(round)
    }

    fn goes_round(&self) -> bool {
        self.is("junction", &["roundabout", "circular"])
    }

    fn direction(&self, key: &str) -> Option<Ways> {
        match self.get(key)? {
            "yes" | "true" | "1" => Some(Ways { forward: true, backward: false }),
            "-1" | "reverse" => Some(Ways { forward: false, backward: true }),
            "no" | "false" | "0" => Some(Ways::BOTH),
            _ => None,
        }
    }

    /// The kind of a place to park.
    pub fn parking(&self) -> Option<&'static str> {
        match self.get("amenity")? {
            "parking" | "parking_entrance" => Some("motor"),
            "bicycle_parking" => Some("bicycle"),
            "motorcycle_parking" => Some("motorcycle"),
            _ => None,
        }
    }
}

/// Whether a node is a way into an area on whose edge it lies.
pub(super) fn is_entrance<'a>(mut tags: impl Iterator<Item = (&'a str, &'a str)>) -> bool {
    tags.any(|(key, value)| match key {
        "entrance" => value != "no",
        "amenity" => value == "parking_entrance",
        "barrier" => value == "entrance",
        _ => false,
    })
}

/// A direction as a section has it.
pub(super) fn oneway(ways: Ways) -> &'static str {
    match ways {
        Ways { forward: true, backward: false } => "forward",
        Ways { forward: false, backward: true } => "backward",
        _ => "no",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags(text: &str) -> Tags {
        Tags(text.split(' ').filter_map(|tag| tag.split_once('=')).map(|(k, v)| (k.to_owned(), v.to_owned())).collect())
    }

    #[test]
    fn who_may_use_a_way() {
        for (text, walk, ride, drive) in [
            ("highway=residential", true, "no", "no"),
            ("highway=residential oneway=yes", true, "forward", "forward"),
            ("highway=residential oneway=yes oneway:bicycle=no", true, "no", "forward"),
            ("highway=residential oneway=-1 cycleway=opposite_lane", true, "no", "backward"),
            ("highway=tertiary junction=roundabout", true, "forward", "forward"),
            ("highway=motorway", false, "-", "forward"),
            ("highway=motorway oneway=no foot=yes", true, "-", "no"),
            ("highway=trunk", false, "-", "no"),
            ("highway=trunk bicycle=yes", false, "no", "no"),
            ("highway=primary motorroad=yes", true, "-", "no"),
            ("highway=footway", true, "-", "-"),
            ("highway=footway bicycle=yes", true, "no", "-"),
            ("highway=footway bicycle=dismount", true, "-", "-"),
            ("highway=steps access=yes", true, "-", "-"),
            ("highway=cycleway foot=no oneway=yes", false, "forward", "-"),
            ("highway=path access=private", false, "-", "-"),
            ("highway=path access=private foot=permissive", true, "-", "-"),
            ("highway=service access=private motor_vehicle=yes", false, "-", "no"),
            ("highway=residential vehicle=no", true, "-", "-"),
            ("highway=residential vehicle=no bicycle=yes", true, "no", "-"),
            ("highway=construction foot=yes bicycle=yes", false, "-", "-"),
            ("highway=primary foot=use_sidepath bicycle=use_sidepath", false, "-", "no"),
            ("railway=rail", false, "-", "-"),
        ] {
            let tags = tags(text);
            let told = |ways: Ways| if ways.any() { oneway(ways) } else { "-" };
            assert_eq!((tags.walk(), told(tags.ride()), told(tags.drive())), (walk, ride, drive), "{text}");
        }
    }
}
