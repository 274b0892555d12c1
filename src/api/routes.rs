//! The one table of endpoints: the router and the OpenAPI description are both made of it.

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{self, MethodRouter};

use crate::api::{
    Shared, changes, create, gaps, health, hotspots, imports, items, jobs, landing, nearest, page, plans, sections,
    single, travel,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    Get,
    Post,
    Put,
    Patch,
    Delete,
}

impl Method {
    pub fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

/// What the body of a request or of a good answer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    Nothing,
    Json,
    /// An object, or nothing at all.
    MaybeJson,
    Schema,
    Html,
    Text,
    /// Whatever the file is.
    Bytes,
    Feature,
    Features,
    /// One or a collection.
    FeatureOrFeatures,
    Patch,
    Points,
    Matrix,
    Siting,
    /// A form with a file, or the file itself.
    File,
    Events,
}

pub struct Endpoint {
    pub method: Method,
    /// `{layer}`, `{id}` and `{file}` are the only variables.
    pub path: &'static str,
    /// `operationId`.
    pub name: &'static str,
    pub summary: &'static str,
    /// Names in the table of parameters.
    pub parameters: &'static [&'static str],
    pub body: Content,
    pub status: u16,
    pub answer: Content,
    /// Statuses of problems, beside the ones that every endpoint may answer.
    pub problems: &'static [u16],
    route: fn() -> MethodRouter<Shared>,
}

use Content::{
    Bytes, Events, Feature, FeatureOrFeatures, Features, File, Html, Json, Matrix, MaybeJson, Nothing, Patch, Points,
    Schema, Siting, Text,
};

macro_rules! endpoint {
    ($method:ident $path:literal $name:literal, $summary:literal, [$($parameter:literal),*], $body:ident => $status:literal $answer:ident, [$($problem:literal),*], $route:expr) => {
        Endpoint {
            method: Method::$method, path: $path, name: $name, summary: $summary, parameters: &[$($parameter),*],
            body: $body, status: $status, answer: $answer, problems: &[$($problem),*], route: || $route,
        }
    };
}

pub const ENDPOINTS: &[Endpoint] = &[
    endpoint!(Get "/" "page", "The page", [], Nothing => 200 Html, [], routing::get(page::page)),
    endpoint!(Get "/assets/{file}" "pageAsset", "A file of the page; its name holds a digest of its content", [], Nothing => 200 Bytes, [404], routing::get(page::asset)),
    endpoint!(Get "/healthz" "healthz", "Is the service up?", [], Nothing => 200 Json, [], routing::get(health::healthz)),
    endpoint!(Get "/readyz" "readyz", "Is the world loaded?", [], Nothing => 200 Json, [503], routing::get(health::readyz)),
    endpoint!(Get "/metrics" "metrics", "Figures for Prometheus", [], Nothing => 200 Text, [], routing::get(health::metrics)),
    endpoint!(Get "/api" "landing", "Landing page", ["f"], Nothing => 200 Json, [400, 406], routing::get(landing::landing)),
    endpoint!(Get "/api/" "landingSlash", "Landing page", ["f"], Nothing => 200 Json, [400, 406], routing::get(landing::landing)),
    endpoint!(Get "/api/conformance" "conformance", "What of the standards is kept", ["f"], Nothing => 200 Json, [400, 406], routing::get(landing::conformance)),
    endpoint!(Get "/api/openapi.json" "openapi", "This description", ["f"], Nothing => 200 Json, [400, 406], routing::get(landing::description)),
    endpoint!(Get "/api/docs" "docs", "The interface, to read", ["f"], Nothing => 200 Html, [400, 406], routing::get(landing::docs)),
    endpoint!(Get "/api/collections" "collections", "The layers", ["f"], Nothing => 200 Json, [400, 406, 503], routing::get(landing::collections)),
    endpoint!(Get "/api/collections/{layer}" "collection", "A layer", ["f"], Nothing => 200 Json, [400, 404, 406, 503], routing::get(landing::collection)),
    endpoint!(Get "/api/collections/{layer}/schema" "schema", "What its features look like", ["f"], Nothing => 200 Schema, [400, 404, 406, 503], routing::get(landing::layer_schema)),
    endpoint!(Get "/api/collections/{layer}/queryables" "queryables", "What its features can be asked by", ["f"], Nothing => 200 Schema, [400, 404, 406, 503], routing::get(landing::layer_queryables)),
    endpoint!(Get "/api/collections/{layer}/items" "items", "Features of a layer, page by page",
        ["bbox", "bbox-crs", "crs", "datetime", "sortby", "properties", "limit", "token", "f", "{property}"],
        Nothing => 200 Features, [400, 404, 406, 503], routing::get(items::list)),
    endpoint!(Post "/api/collections/{layer}/items" "createItems", "Create a feature, or a collection, all or nothing",
        ["crs", "force", "Idempotency-Key"],
        FeatureOrFeatures => 201 FeatureOrFeatures, [400, 403, 404, 408, 409, 413, 415, 422, 503, 507], routing::post(create::create)),
    endpoint!(Get "/api/collections/{layer}/items/{id}" "item", "A feature", ["crs", "properties", "f"],
        Nothing => 200 Feature, [400, 404, 406, 503], routing::get(single::get)),
    endpoint!(Put "/api/collections/{layer}/items/{id}" "replaceItem", "Replace a feature", ["crs", "force", "If-Match"],
        Feature => 200 Feature, [400, 403, 404, 408, 409, 412, 413, 415, 422, 428, 503, 507], routing::put(single::put)),
    endpoint!(Patch "/api/collections/{layer}/items/{id}" "patchItem", "Change a feature by merge patch (RFC 7396)", ["crs", "force", "If-Match"],
        Patch => 200 Feature, [400, 403, 404, 408, 409, 412, 413, 415, 422, 428, 503, 507], routing::patch(single::patch)),
    endpoint!(Delete "/api/collections/{layer}/items/{id}" "deleteItem", "Delete a feature", ["If-Match"],
        Nothing => 204 Nothing, [400, 403, 404, 409, 412, 428, 503, 507], routing::delete(single::delete)),
    endpoint!(Get "/api/collections/{layer}/items/{id}/history" "history", "What a feature was, deleted ones included", ["f"],
        Nothing => 200 Json, [400, 404, 406, 503], routing::get(single::history)),
    endpoint!(Post "/api/collections/{layer}/items/{id}/split" "splitSection", "Cut a road section at places on it; the pieces are new sections", ["crs", "If-Match"],
        Json => 201 Features, [400, 403, 404, 408, 412, 413, 415, 422, 503, 507], routing::post(sections::split)),
    endpoint!(Post "/api/collections/{layer}/items/{id}/reverse" "reverseSection", "Draw a road section the other way", ["If-Match"],
        Nothing => 200 Feature, [400, 403, 404, 412, 503, 507], routing::post(sections::reverse)),
    endpoint!(Post "/api/collections/{layer}/merge" "mergeSections", "Make one road section of several that follow each other", ["force"],
        Json => 201 Feature, [400, 403, 404, 408, 412, 413, 415, 422, 503, 507], routing::post(sections::merge)),
    endpoint!(Get "/api/collections/{layer}/items/{id}/lineage" "lineage", "What a road section was made of, and what became of it", ["f"],
        Nothing => 200 Json, [400, 404, 406, 503], routing::get(sections::lineage)),
    endpoint!(Get "/api/collections/{layer}/nearest" "nearest", "The nearest features of a layer",
        ["lon", "lat", "k", "by", "max_m", "max_snap_m", "min_room", "open_at", "measure", "route", "crs", "f", "{property}"],
        Nothing => 200 Features, [400, 404, 406, 422, 503], routing::get(nearest::get)),
    endpoint!(Post "/api/collections/{layer}/nearest" "nearestOfMany", "The nearest features for each of many places", [],
        Points => 200 Json, [400, 404, 413, 415, 422, 503], routing::post(nearest::post)),
    endpoint!(Get "/api/reach" "reach", "The streets that can be reached within limits, and an area that holds them",
        ["lon", "lat", "metres", "minutes", "by_streets", "max_snap_m", "crs", "f"],
        Nothing => 200 Json, [400, 406, 422, 503], routing::get(travel::get_reach)),
    endpoint!(Get "/api/route" "route", "The shortest way from place to place",
        ["from", "to", "via", "by_streets", "max_snap_m", "crs", "f"],
        Nothing => 200 Json, [400, 406, 422, 503], routing::get(travel::get_route)),
    endpoint!(Post "/api/matrix" "matrix", "Metres and seconds from each place to each", [],
        Matrix => 200 Json, [400, 408, 413, 415, 422, 503], routing::post(travel::post_matrix)),
    endpoint!(Get "/api/parking-gaps" "parkingGaps", "Streets from which no suitable parking lies near enough on foot, with the violations there",
        ["max_m", "category", "datetime", "min_room", "open_at", "limit", "crs", "f", "{property}"],
        Nothing => 200 Json, [400, 406, 422, 503], routing::get(gaps::get_gaps)),
    endpoint!(Post "/api/siting" "siting", "Where new parking would serve the most violations or streets in gaps", [],
        Siting => 200 Json, [400, 408, 413, 415, 422, 503], routing::post(gaps::post_siting)),
    endpoint!(Post "/api/imports" "import", "A file into a layer: as a form with the fields file, layer and so on, or as the body with the rest in the address",
        ["layer_name", "crs", "xy", "wkt", "map", "set", "tz", "encoding", "format", "on_error", "dry_run", "force", "name"],
        File => 200 Json, [400, 403, 408, 409, 413, 415, 422, 503, 507], routing::post(imports::post).layer(DefaultBodyLimit::disable())),
    endpoint!(Get "/api/hotspots" "hotspots", "Where the hotspots are, on road sections or cells: a ranking, significance, densities, clusters",
        ["category", "from", "to", "hours", "weekdays", "method", "unit", "cell_m", "grid_crs", "bandwidth_m", "alpha", "seed", "permutations",
         "value", "exposure", "period", "split", "algorithm", "eps_m", "min_points", "eps_days", "model", "distances", "days", "empty", "limit_rows",
         "crs", "f", "Prefer", "{property}"],
        Nothing => 200 Features, [400, 404, 406, 422, 503], routing::get(hotspots::list)),
    endpoint!(Get "/api/recurrence" "recurrence", "Cases that come again nearby: groups, their share, the time to recur",
        ["category", "from", "to", "hours", "weekdays", "distance_m", "window_days", "by_link", "limit_rows", "crs", "f", "Prefer", "{property}"],
        Nothing => 200 Features, [400, 404, 406, 422, 503], routing::get(hotspots::recurring)),
    endpoint!(Get "/api/time-patterns" "timePatterns", "When cases happen: hour by weekday, months, trend and season",
        ["category", "from", "to", "hours", "weekdays", "f", "Prefer", "{property}"],
        Nothing => 200 Json, [400, 404, 406, 422, 503], routing::get(hotspots::patterns)),
    endpoint!(Get "/api/before-after" "beforeAfter", "Cases before and after something was done on some sections, against a control, and whether they moved nearby",
        ["category", "from", "to", "hours", "weekdays", "split_date", "before", "after", "sections", "area", "control_sections", "control_area",
         "rings", "crs", "f", "Prefer", "{property}"],
        Nothing => 200 Features, [400, 404, 406, 422, 503], routing::get(hotspots::comparison)),
    endpoint!(Get "/api/plans" "plans", "All plans, newest first; with at= the one that was in force then", ["at", "f"],
        Nothing => 200 Json, [400, 406, 503], routing::get(plans::list)),
    endpoint!(Post "/api/plans" "proposePlan", "Propose a plan: a draft that says which squad answers for which road section", ["Prefer"],
        Json => 201 Json, [400, 403, 408, 413, 415, 422, 503, 507], routing::post(plans::create)),
    endpoint!(Get "/api/plans/{id}" "plan", "A plan: score sheet, bounds, and what it changes", ["f"],
        Nothing => 200 Json, [400, 404, 406, 503], routing::get(plans::get)),
    endpoint!(Delete "/api/plans/{id}" "dropPlan", "Drop a draft", ["If-Match"],
        Nothing => 204 Nothing, [400, 403, 404, 409, 412, 503, 507], routing::delete(plans::delete)),
    endpoint!(Get "/api/plans/{id}/sections" "planSections", "The sections of a plan: squad, work, runner-up, costs, change", ["f"],
        Nothing => 200 Features, [400, 404, 406, 422, 503], routing::get(plans::sections)),
    endpoint!(Patch "/api/plans/{id}/sections" "movePlanSections", "Give sections of a draft to other squads; with dry_run what that would do", ["dry_run", "If-Match"],
        Json => 200 Json, [400, 403, 404, 408, 409, 412, 413, 415, 422, 428, 503, 507], routing::patch(plans::patch)),
    endpoint!(Get "/api/plans/{id}/zones" "planZones", "The zones of a plan, drawn from its sections", ["f"],
        Nothing => 200 Features, [400, 404, 406, 503], routing::get(plans::zones)),
    endpoint!(Get "/api/plans/{id}/compare" "comparePlans", "A plan beside another, the one in force unless with= names it", ["with", "f"],
        Nothing => 200 Json, [400, 404, 406, 422, 503], routing::get(plans::compare)),
    endpoint!(Post "/api/plans/{id}/publish" "publishPlan", "Put a plan in force, now; an old one again: roll back", ["If-Match"],
        Nothing => 200 Json, [400, 403, 404, 409, 412, 422, 428, 503, 507], routing::post(plans::publish)),
    endpoint!(Post "/api/plans/{id}/beats" "shareOutBeats", "Share the sections of each squad out among its assistants; with mode rotate they change places over their beats", ["Prefer"],
        MaybeJson => 200 Json, [400, 403, 404, 408, 412, 413, 415, 422, 503, 507], routing::post(plans::share_out)),
    endpoint!(Get "/api/plans/{id}/beats" "beats", "The stretches of sections that assistants answer for", ["f"],
        Nothing => 200 Features, [400, 404, 406, 422, 503], routing::get(plans::beats)),
    endpoint!(Get "/api/plans/{id}/route" "beatRoute", "The shortest closed walk of an assistant over the own stretches, as GeoJSON or GPX", ["assistant", "f"],
        Nothing => 200 Feature, [400, 404, 406, 422, 503], routing::get(plans::route)),
    endpoint!(Get "/api/in-charge" "inCharge", "Who is in charge of a place at a moment: its owner, and the squads on duty there",
        ["lon", "lat", "at", "category", "crs", "f"],
        Nothing => 200 Json, [400, 406, 422, 503], routing::get(plans::in_charge)),
    endpoint!(Get "/api/jobs/{id}" "job", "How far long work is that was asked for with Prefer: respond-async; its result when it is done", [],
        Nothing => 200 Json, [400, 404, 503], routing::get(jobs::get)),
    endpoint!(Get "/api/jobs/{id}/result" "jobResult", "What came out of long work, as it would have been answered at once", [],
        Nothing => 200 Json, [400, 404, 422, 503], routing::get(jobs::result)),
    endpoint!(Delete "/api/jobs/{id}" "cancelJob", "Cancel long work, or forget its result", [],
        Nothing => 200 Json, [400, 404, 503], routing::delete(jobs::delete)),
    endpoint!(Get "/api/changes" "changes", "What changed, whole commits in order; as an event stream the ones to come, too",
        ["since", "limit", "f"], Nothing => 200 Events, [400, 406, 410, 503], routing::get(changes::list)),
];

pub fn router() -> Router<Shared> {
    ENDPOINTS.iter().fold(Router::new(), |router, endpoint| router.route(endpoint.path, (endpoint.route)()))
}
