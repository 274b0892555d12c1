//! Parameters of questions about cases, for the description of the interface.

use serde_json::json;

use crate::api::openapi::Parameter;
use crate::app::hotspots::METHODS;

/// Names in the table of endpoints that differ from the ones in the address: the same word asks for something else.
pub const SHOWN: [(&str, &str); 2] = [("limit_rows", "limit"), ("by_link", "by")];

pub const PARAMETERS: [Parameter; 38] = [
    (
        "category",
        "query",
        || json!({ "type": "string" }),
        "Slugs, codes or names of categories, with commas between; all when none",
    ),
    (
        "from",
        "query",
        || json!({ "type": "string" }),
        "Start of the period, inclusive; a bare date is its start in the configured zone",
    ),
    ("to", "query", || json!({ "type": "string" }), "End of the period, exclusive; a bare date is its start"),
    (
        "hours",
        "query",
        || json!({ "type": "string" }),
        "Hours of the day, both ends included: 17-21 is 17:00 to 21:59; 22-5 passes midnight; lists with commas",
    ),
    (
        "weekdays",
        "query",
        || json!({ "type": "string" }),
        "Days of the week, 1 (Monday) to 7, both ends included: 1-5; lists with commas",
    ),
    (
        "method",
        "query",
        || json!({ "type": "string", "enum": METHODS.map(|(name, _)| name), "default": "ranking" }),
        "What is asked of the cases",
    ),
    (
        "unit",
        "query",
        || json!({ "type": "string", "enum": ["sections", "grid"], "default": "sections" }),
        "What cases are counted on",
    ),
    (
        "cell_m",
        "query",
        || json!({ "type": "number", "minimum": 10, "default": 250 }),
        "Width of a cell, metres; cells lie at multiples of it in grid_crs",
    ),
    (
        "grid_crs",
        "query",
        || json!({ "type": "string" }),
        "System of the lattice, in metres: EPSG:n; the UTM zone of the jurisdiction when none",
    ),
    (
        "bandwidth_m",
        "query",
        || json!({ "type": "number", "minimum": 1 }),
        "Reach of a kernel, a neighbourhood or a scanned zone, metres; each method has its own default",
    ),
    (
        "alpha",
        "query",
        || json!({ "type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1, "default": 0.05 }),
        "False-discovery rate at which rows are told as significant (gi-star, moran, excess, emerging, scan)",
    ),
    (
        "seed",
        "query",
        || json!({ "type": "integer", "minimum": 0, "default": 1 }),
        "Of all chance: the same seed gives the same bytes",
    ),
    (
        "permutations",
        "query",
        || json!({ "type": "integer", "minimum": 1, "maximum": 99999 }),
        "Draws; gi-star and moran take the normal distribution when none",
    ),
    (
        "value",
        "query",
        || json!({ "type": "string", "enum": ["count", "rate"], "default": "count" }),
        "What gi-star and moran look at; rates are per length or effort",
    ),
    (
        "exposure",
        "query",
        || json!({ "type": "string", "enum": ["length", "effort"] }),
        "What cases are weighed against; by default patrol effort where it covers most of the period and of the cases, else length",
    ),
    (
        "period",
        "query",
        || json!({ "type": "string", "enum": ["week", "month", "quarter"] }),
        "Steps of time of ranking, emerging and scan",
    ),
    (
        "split",
        "query",
        || json!({ "type": "string", "enum": ["simple", "discontinuous", "continuous"], "default": "continuous" }),
        "How density along the streets passes a junction",
    ),
    (
        "algorithm",
        "query",
        || json!({ "type": "string", "enum": ["dbscan", "st-dbscan"], "default": "dbscan" }),
        "How clusters are drawn",
    ),
    (
        "eps_m",
        "query",
        || json!({ "type": "number", "default": 50 }),
        "Cases so near are neighbours in a cluster, metres",
    ),
    (
        "min_points",
        "query",
        || json!({ "type": "integer", "minimum": 1, "default": 10 }),
        "Neighbours that make a core of a cluster, itself included",
    ),
    (
        "eps_days",
        "query",
        || json!({ "type": "number", "default": 28 }),
        "Cases so near in time are neighbours for st-dbscan, days",
    ),
    (
        "model",
        "query",
        || json!({ "type": "string", "enum": ["permutation", "poisson"], "default": "permutation" }),
        "What a scan compares with",
    ),
    (
        "distances",
        "query",
        || json!({ "type": "string", "default": "50,100,200,400" }),
        "Edges of the bands of near-repeat, metres",
    ),
    (
        "days",
        "query",
        || json!({ "type": "string", "default": "7,14,28,56" }),
        "Edges of the bands of near-repeat, days",
    ),
    (
        "empty",
        "query",
        || json!({ "type": "boolean", "default": true }),
        "Whether cells without cases stand in the answer",
    ),
    ("limit_rows", "query", || json!({ "type": "integer", "minimum": 1 }), "The first so many rows only"),
    (
        "distance_m",
        "query",
        || json!({ "type": "number", "minimum": 0, "default": 50 }),
        "Cases so near are linked, metres",
    ),
    (
        "window_days",
        "query",
        || json!({ "type": "number", "minimum": 0, "default": 30 }),
        "Cases so near in time are linked, days",
    ),
    (
        "by_link",
        "query",
        || json!({ "type": "string", "enum": ["walk", "line"] }),
        "Along the streets, or in a straight line; along the streets where there are any",
    ),
    (
        "split_date",
        "query",
        || json!({ "type": "string" }),
        "When something was done; the period before is as long as the one after",
    ),
    ("before", "query", || json!({ "type": "string" }), "The period before, from/to, instead of what split_date makes"),
    ("after", "query", || json!({ "type": "string" }), "The period after, from/to"),
    (
        "sections",
        "query",
        || json!({ "type": "string" }),
        "Where it was done: ids or external ids of road sections, with commas between",
    ),
    (
        "area",
        "query",
        || json!({ "type": "string" }),
        "Where it was done: sections whose middle lies in this polygon, well-known text in crs",
    ),
    (
        "control_sections",
        "query",
        || json!({ "type": "string" }),
        "Sections to compare with; all beyond the rings when neither these nor control_area are given",
    ),
    (
        "control_area",
        "query",
        || json!({ "type": "string" }),
        "Sections whose middle lies in this polygon, to compare with",
    ),
    (
        "rings",
        "query",
        || json!({ "type": "string", "default": "150,300" }),
        "Outer edges of rings round the target along the streets, metres: where cases may have moved to",
    ),
    (
        "Prefer",
        "header",
        || json!({ "type": "string" }),
        "respond-async: 202 at once and a job to come back to; wait=n: after n seconds at most",
    ),
];
