-- Plans: which squad answers for which road section. A draft may change; what was published once stays as it was.
create table plan (
    plan_id integer primary key autoincrement,
    version integer not null,
    status text not null constraint plan_status_known check (status in ('draft', 'published', 'superseded')),
    name text not null,
    created_at integer not null,
    created_by text not null,
    published_at integer,
    published_by text,
    superseded_at integer,
    parameters text not null,
    figures text not null
) strict;

create unique index plan_one_published on plan (status) where status = 'published';

-- Minutes of work a day, by part, are those that the plan was made with. Sections that are gone keep their rows.
create table plan_section (
    plan_id integer not null references plan (plan_id) on delete cascade,
    section_id integer not null,
    squad_id integer not null,
    patrol real not null,
    shops real not null,
    violations real not null,
    other real not null,
    constraint plan_section_key primary key (plan_id, section_id)
) strict, without rowid;

create index plan_section_section on plan_section (section_id);

-- When which plan was in force. A plan may be in force again: rolling back is publishing an old one.
create table plan_term (
    term_id integer primary key autoincrement,
    plan_id integer not null references plan (plan_id) on delete restrict,
    valid_from integer not null,
    valid_to integer,
    actor text not null,
    constraint plan_term_validity check (valid_from < valid_to)
) strict;

create unique index plan_term_one_open on plan_term (valid_to is null) where valid_to is null;

-- Stretches of sections that an assistant answers for within a plan: from and to as shares of the section's line.
create table plan_beat (
    plan_id integer not null references plan (plan_id) on delete cascade,
    section_id integer not null,
    from_share real not null,
    to_share real not null,
    assistant_id integer not null,
    constraint plan_beat_key primary key (plan_id, section_id, from_share, assistant_id),
    constraint plan_beat_stretch check (from_share >= 0 and from_share < to_share and to_share <= 1)
) strict, without rowid;

-- Moves with everything that says who owned a section when, so that other processes take it anew. One row.
create table plan_stamp (
    plan_stamp_id integer primary key constraint plan_stamp_is_one check (plan_stamp_id = 1),
    stamp integer not null
) strict;

insert into plan_stamp (plan_stamp_id, stamp) values (1, 0);

create table squad_duty (
    squad_duty_id integer primary key autoincrement,
    rev integer not null,
    commit_id integer not null,
    external_id text constraint squad_duty_external_id_unique unique,
    created_at integer not null,
    updated_at integer not null,
    geometry blob,
    flags integer not null,
    extras text,
    squad_id integer not null constraint squad_duty_squad_id_known references squad (squad_id) on delete restrict,
    name text,
    hours text,
    weekdays text,
    category text,
    valid_from integer,
    valid_to integer,
    constraint squad_duty_validity check (valid_from < valid_to)
) strict;

create index squad_duty_squad on squad_duty (squad_id);
