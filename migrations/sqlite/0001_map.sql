-- The map of one bureau. Instants are microseconds since 1970 in UTC; geometry is ISO WKB, longitude first, WGS 84.
-- Every layer has the same first columns; the rest follow its declaration, in its order. References that people give
-- are foreign keys; references that the service derives (a violation's section and squad) are plain integers, since
-- they are derived again when their target goes.

-- The next sequence number and the next commit. One row.
create table sequence (
    sequence_id integer primary key constraint sequence_is_one check (sequence_id = 1),
    next_rev integer not null,
    next_commit integer not null
) strict;

insert into sequence (sequence_id, next_rev, next_commit) values (1, 1, 1);

create table commit_log (
    commit_id integer primary key,
    actor text not null,
    committed_at integer not null
) strict;

-- What changed, in order: a feed for followers, which may be cut at its old end. operation: 1 created or updated, 2 deleted.
create table change (
    seq integer primary key,
    commit_id integer not null,
    layer integer not null,
    feature_id integer not null,
    operation integer not null constraint change_operation_known check (operation in (1, 2))
) strict;

-- Who changed what, never cut: the body before the change as GeoJSON, null for a creation.
-- operation: 1 created, 2 updated, 3 deleted.
create table history (
    layer integer not null,
    feature_id integer not null,
    rev integer not null,
    commit_id integer not null,
    operation integer not null constraint history_operation_known check (operation in (1, 2, 3)),
    previous text,
    constraint history_key primary key (layer, feature_id, rev)
) strict, without rowid;

-- Areas whose features have to be derived again, and how far that has got.
create table derivation (
    derivation_id integer primary key autoincrement,
    layer integer not null,
    west real not null,
    south real not null,
    east real not null,
    north real not null,
    after_curve integer not null,
    after_id integer not null
) strict;

-- Answers that a repeated request gets again.
create table idempotency (
    key text primary key,
    digest blob not null,
    status integer not null,
    location text,
    etag text,
    body blob not null,
    created_at integer not null
) strict, without rowid;

create index idempotency_created on idempotency (created_at);

create table jurisdiction (
    jurisdiction_id integer primary key autoincrement,
    rev integer not null,
    commit_id integer not null,
    external_id text constraint jurisdiction_external_id_unique unique,
    created_at integer not null,
    updated_at integer not null,
    geometry blob not null,
    flags integer not null,
    extras text,
    code text not null constraint jurisdiction_code_unique unique,
    name text not null,
    parent_code text
) strict;

create table squad (
    squad_id integer primary key autoincrement,
    rev integer not null,
    commit_id integer not null,
    external_id text constraint squad_external_id_unique unique,
    created_at integer not null,
    updated_at integer not null,
    geometry blob,
    flags integer not null,
    extras text,
    code text not null constraint squad_code_unique unique,
    name text not null,
    kind text not null constraint squad_kind_known check (kind in ('area', 'mobile', 'special', 'township')),
    status text not null constraint squad_status_known check (status in ('forming', 'active', 'retired')),
    strength integer constraint squad_strength_not_negative check (strength >= 0)
) strict;

create table squad_zone (
    squad_zone_id integer primary key autoincrement,
    rev integer not null,
    commit_id integer not null,
    external_id text constraint squad_zone_external_id_unique unique,
    created_at integer not null,
    updated_at integer not null,
    geometry blob not null,
    flags integer not null,
    extras text,
    squad_id integer not null constraint squad_zone_squad_id_known references squad (squad_id) on delete restrict,
    name text,
    valid_from integer,
    valid_to integer,
    constraint squad_zone_validity check (valid_from < valid_to)
) strict;

create table road_section (
    road_section_id integer primary key autoincrement,
    rev integer not null,
    commit_id integer not null,
    external_id text constraint road_section_external_id_unique unique,
    created_at integer not null,
    updated_at integer not null,
    geometry blob not null,
    flags integer not null,
    extras text,
    class text not null,
    name text,
    grade text constraint road_section_grade_known check (grade in ('strict', 'controlled', 'general')),
    oneway text constraint road_section_oneway_known check (oneway in ('no', 'forward', 'backward')),
    oneway_bicycle text constraint road_section_oneway_bicycle_known check (oneway_bicycle in ('no', 'forward', 'backward')),
    foot integer constraint road_section_foot_is_boolean check (foot in (0, 1)),
    bicycle integer constraint road_section_bicycle_is_boolean check (bicycle in (0, 1)),
    motor integer constraint road_section_motor_is_boolean check (motor in (0, 1)),
    shops integer constraint road_section_shops_not_negative check (shops >= 0),
    workload_min real constraint road_section_workload_min_not_negative check (workload_min >= 0),
    cost_m real constraint road_section_cost_m_not_negative check (cost_m >= 0),
    length_m real constraint road_section_length_m_not_negative check (length_m >= 0),
    squad_id integer
) strict;

create table parking_point (
    parking_point_id integer primary key autoincrement,
    rev integer not null,
    commit_id integer not null,
    external_id text constraint parking_point_external_id_unique unique,
    created_at integer not null,
    updated_at integer not null,
    geometry blob not null,
    flags integer not null,
    extras text,
    kind text not null constraint parking_point_kind_known check (kind in ('bicycle', 'motor', 'motorcycle')),
    name text,
    capacity integer constraint parking_point_capacity_not_negative check (capacity >= 0),
    occupied integer constraint parking_point_occupied_not_negative check (occupied >= 0),
    access text,
    opening_hours text,
    entrances text
) strict;

create table violation (
    violation_id integer primary key autoincrement,
    rev integer not null,
    commit_id integer not null,
    external_id text constraint violation_external_id_unique unique,
    created_at integer not null,
    updated_at integer not null,
    geometry blob not null,
    flags integer not null,
    extras text,
    category text not null,
    occurred_at integer not null,
    status text constraint violation_status_known check (status in ('reported', 'filed', 'dispatched', 'handled', 'closed', 'rejected')),
    source text constraint violation_source_known check (source in ('patrol', 'hotline', 'citizen', 'video', 'superior')),
    accuracy_m real constraint violation_accuracy_m_not_negative check (accuracy_m >= 0),
    description text,
    area_m2 real constraint violation_area_m2_not_negative check (area_m2 >= 0),
    section_id integer,
    side text constraint violation_side_known check (side in ('left', 'right', 'on')),
    snap_m real constraint violation_snap_m_not_negative check (snap_m >= 0),
    squad_id integer
) strict;

create table shop (
    shop_id integer primary key autoincrement,
    rev integer not null,
    commit_id integer not null,
    external_id text constraint shop_external_id_unique unique,
    created_at integer not null,
    updated_at integer not null,
    geometry blob not null,
    flags integer not null,
    extras text,
    name text not null,
    agreement_signed_on text,
    persistent_offender integer constraint shop_persistent_offender_is_boolean check (persistent_offender in (0, 1)),
    section_id integer
) strict;

create table vending_site (
    vending_site_id integer primary key autoincrement,
    rev integer not null,
    commit_id integer not null,
    external_id text constraint vending_site_external_id_unique unique,
    created_at integer not null,
    updated_at integer not null,
    geometry blob not null,
    flags integer not null,
    extras text,
    name text not null,
    season_from text,
    season_to text,
    stalls integer constraint vending_site_stalls_not_negative check (stalls >= 0),
    purpose text
) strict;

create table assistant (
    assistant_id integer primary key autoincrement,
    rev integer not null,
    commit_id integer not null,
    external_id text constraint assistant_external_id_unique unique,
    created_at integer not null,
    updated_at integer not null,
    geometry blob,
    flags integer not null,
    extras text,
    code text not null constraint assistant_code_unique unique,
    squad_id integer not null constraint assistant_squad_id_known references squad (squad_id) on delete restrict,
    shift text,
    status text
) strict;

create table construction_site (
    construction_site_id integer primary key autoincrement,
    rev integer not null,
    commit_id integer not null,
    external_id text constraint construction_site_external_id_unique unique,
    created_at integer not null,
    updated_at integer not null,
    geometry blob not null,
    flags integer not null,
    extras text,
    name text not null,
    status text constraint construction_site_status_known check (status in ('planned', 'active', 'stopped', 'finished')),
    started_on text,
    ended_on text,
    constraint construction_site_span check (started_on <= ended_on)
) strict;

create index squad_zone_squad on squad_zone (squad_id);

create index assistant_squad on assistant (squad_id);
