-- What became of road sections that were split or merged: each parent with each section made of it. Parents are gone
-- from the map; their external ids stay known here, so that a later extract does not bring them back.
create table section_lineage (
    parent_id integer not null,
    child_id integer not null,
    parent_external_id text,
    operation text not null constraint section_lineage_operation_known check (operation in ('split', 'merge')),
    commit_id integer not null,
    constraint section_lineage_key primary key (parent_id, child_id)
) strict, without rowid;

create index section_lineage_child on section_lineage (child_id);

create index section_lineage_external on section_lineage (parent_external_id);
