-- The test domain: notes that are filed, judged and flagged.

-- table: projection system in main: what everybody may see of a note
create table note (
    id bigint primary key,       -- of the note
    weight bigint not null,      -- as filed
    tag text not null,           -- newer than version 1 of the event
    judged bigint not null,      -- how often
    verdicts text not null,      -- in their order
    flags bigint not null        -- by the reader
);

-- table: projection system in main: what only the internal zone may see
create table note_internal (
    id bigint not null,          -- of the note
    what text not null,          -- remark or ground
    value text not null,         -- its text
    primary key (id, what)
);
