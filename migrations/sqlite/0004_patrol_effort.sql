-- How much a section was patrolled: minutes on it and passes along it between two instants. One row a section and
-- period; the same again replaces it. A section that is gone keeps its rows: what was made of it inherits them.
create table patrol_effort (
    section_id integer not null,
    from_us integer not null,
    to_us integer not null,
    minutes real constraint patrol_effort_minutes check (minutes >= 0),
    passes real constraint patrol_effort_passes check (passes >= 0),
    actor text not null,
    imported_at integer not null,
    constraint patrol_effort_key primary key (section_id, from_us, to_us),
    constraint patrol_effort_period check (from_us < to_us),
    constraint patrol_effort_some check (minutes is not null or passes is not null)
) strict, without rowid;

-- Counts imports, so that readers see when to read again. One row.
create table patrol_effort_version (
    version_id integer primary key constraint patrol_effort_version_is_one check (version_id = 1),
    version integer not null
) strict;

insert into patrol_effort_version (version_id, version) values (1, 0);
