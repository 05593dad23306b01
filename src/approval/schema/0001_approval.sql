-- Applications and cases.

-- table: projection scoped in main: what was applied for
create table application (
    id bigint primary key,          -- of the application
    number text not null,           -- 办件编号
    matter bigint not null,         -- what for
    matter_version bigint not null, -- as it was then
    body bigint not null,           -- whom it goes to
    division_path text not null,    -- and where
    applicant bigint not null,      -- the person
    event bigint not null,          -- of the submission
    commitment text not null,       -- of that event's entry, hexadecimal
    submitted bigint not null,      -- civil instant
    materials text not null,        -- the newest list, JSON
    secret text not null            -- SM3 of the receipt's word, hexadecimal
);
create index application_number on application (number);
create index application_applicant on application (applicant, submitted);

-- table: projection system in main: how many applications came on a day
create table application_count (
    day text primary key,  -- the number's first 14 digits
    last bigint not null   -- serial of the last one
);

-- table: projection scoped in main: cases
create table approval_case (
    id bigint primary key,             -- of the case
    application bigint not null,       -- from which it came
    number text not null,              -- 办件编号
    matter bigint not null,            -- what for
    matter_version bigint not null,    -- as it was then
    matter_name text not null,         -- its name then
    procedure_id bigint not null,      -- by which it is handled
    procedure_version bigint not null, -- in that version
    body bigint not null,              -- who handles it
    body_name text not null,           -- its name
    division_path text not null,       -- and where
    applicant bigint not null,         -- the person
    received bigint not null,          -- day since 1970: of the receipt that the answer is due to
    first_received bigint not null,    -- day of the application
    stage text not null,               -- received, correcting, accepted, not-accepted, decided, closed
    state text not null,               -- of the run, JSON
    asked bigint not null,             -- day of the notice to correct, 0 for none
    missing text not null,             -- what it named
    accepted bigint not null,          -- day from which the limits count, 0 before
    deemed bigint not null,            -- 1: accepted by silence
    paused text not null,              -- ground of the running pause, or empty
    extended bigint not null,          -- days given beyond the limit
    result text not null,              -- granted, refused, or empty
    reason text not null,              -- of a refusal or decision
    outcome text not null,             -- how it ended, or empty
    closed bigint not null             -- civil instant of the end, 0 before
);
create index approval_case_application on approval_case (application);
create index approval_case_number on approval_case (number);
create index approval_case_body on approval_case (body, closed);
create index approval_case_stage on approval_case (stage, id);

-- table: projection scoped in main: tasks that wait for a post
create table case_task (
    case_id bigint not null,      -- the case
    no bigint not null,           -- of the token
    node text not null,           -- in the procedure
    name text not null,           -- of the step
    post text not null,           -- who does it
    opened bigint not null,       -- civil instant
    amount bigint not null,       -- so long at most, -1 without limit
    unit text not null,           -- of the amount
    article text not null,        -- and by which article
    body bigint not null,         -- of the case
    division_path text not null,  -- of the case
    primary key (case_id, no)
);
create index case_task_body on case_task (body, opened);

-- table: projection system in main: which clock is what for a case
create table case_clock (
    clock bigint primary key,  -- its id
    case_id bigint not null,   -- whose
    role text not null,        -- answer, legal, promise
    article text not null      -- by which
);
create index case_clock_case on case_clock (case_id, clock);

-- table: projection system in main: what happened to a case, for its timeline
create table case_line (
    case_id bigint not null,  -- the case
    event bigint not null,    -- the event
    at bigint not null,       -- civil instant
    what text not null,       -- kind of the event
    task text not null,       -- the step's name
    post text not null,       -- who acted: the post, no person
    since bigint not null,    -- since when the step waited, 0 if it didn't
    amount bigint not null,   -- so long it might take, -1 without limit
    unit text not null,       -- of the amount
    note text not null,       -- a word on it, public
    primary key (case_id, event)
);
