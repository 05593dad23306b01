-- Clocks and what will fall due.

-- table: projection system in main: clocks with their histories
create table clock (
    id bigint primary key,       -- of the clock
    owner_kind text not null,    -- kind of the stream that owns it
    owner bigint not null,       -- and its id
    home text not null,          -- only this site fires it
    state bigint not null,       -- 1 runs, 2 paused, 3 fell due, 4 stopped
    generation bigint not null,  -- grows when, and only when, the due day changes
    due bigint not null,         -- the due day as days since 1970; the last one while paused
    provisional bigint not null, -- 1 while a year's calendar is missing
    calendar text not null,      -- version of the calendar that gave the day
    definition text not null,    -- the whole history, as JSON
    fell bigint not null,        -- the event of its due, 0 before
    warned bigint not null       -- the generation whose warning is out, -1 before
);
create index clock_owner on clock (owner_kind, owner, id);
create index clock_open on clock (home, id) where state in (1, 3);

-- table: projection system in main: what falls due and when
create table agenda (
    clock bigint not null,       -- its id
    kind bigint not null,        -- 0 warning, 1 over
    at bigint not null,          -- civil instant, ms
    generation bigint not null,  -- of the clock
    home text not null,          -- who fires it
    primary key (clock, kind)
);
create index agenda_at on agenda (home, at, clock, kind);
