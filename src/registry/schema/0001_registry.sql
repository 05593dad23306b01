-- Divisions, bodies, posts, persons; how they sign in; who looked.

-- table: projection system in main: lists of divisions on their way in
create table division_import (
    id bigint primary key,       -- of the import
    source text not null,        -- where the list comes from
    since bigint not null,       -- first day of its codes, days since 1970
    done bigint not null         -- 1 once the whole list is here
);

-- table: projection public in main: parts of the country; seen once their import is done
create table division (
    id bigint primary key,       -- stable; the code may change
    import bigint not null,      -- the list it came with
    level bigint not null,       -- 1 province, 2 city, 3 county, 4 township, 5 village
    parent bigint not null,      -- id of the division above, 0 for none
    path text not null,          -- ids from the top, 13 digits of base 32 each
    name text not null           -- of today
);
create unique index division_by_path on division (path);
create index division_by_parent on division (parent, id);

-- table: projection public in main: a division's codes and names in time
create table division_code (
    division bigint not null,    -- whose
    since bigint not null,       -- first day
    until bigint,                -- first day on which it no longer holds; NULL for open
    code text not null,          -- 12 digits
    name text not null,          -- as then called
    primary key (division, since)
);
create index division_code_by_code on division_code (code, division);

-- table: projection scoped in main: bodies (机关)
create table body (
    id bigint primary key,       -- of the body
    division bigint not null,    -- where it serves
    division_path text not null, -- and that division's path
    name text not null,          -- its full name
    kind text not null           -- department, government, office, hall, station, platform
);
create index body_by_division on body (division_path, id);

-- table: projection scoped in main: posts (岗位)
create table post (
    id bigint primary key,       -- of the post
    body bigint not null,        -- whose
    division_path text not null, -- of its body
    name text not null,          -- what it is called
    duties text not null,        -- names of duties, a space between
    closed bigint not null       -- 1 once it is closed
);
create index post_by_body on post (body, id);

-- table: projection system in main: persons without anything personal
create table person (
    id bigint primary key,       -- of the person
    kind text not null,          -- staff, citizen, enterprise
    body bigint not null,        -- of staff, else 0
    event bigint not null        -- that registered them: holds the values' commitments
);
create index person_by_body on person (body, id);

-- table: projection system in main: who holds which post
create table post_holder (
    person bigint not null,      -- who
    post bigint not null,        -- what
    since bigint not null,       -- civil ms
    primary key (person, post)
);
create index post_holder_by_post on post_holder (post, person);

-- table: record system in main: keyed hashes of numbers, to find a person by them
create table lookup (
    kind text not null,          -- identity or credit
    hash bytea not null,         -- HMAC-SM3 of the number under lookup.key
    person bigint not null,      -- whose
    primary key (kind, hash)
);
create index lookup_by_person on lookup (person, kind);

-- table: record system in main: how a person signs in
create table credential (
    person bigint primary key,   -- who
    login text,                  -- of staff; others use their number
    password text not null,      -- argon2id
    must_change bigint not null, -- 1 for a password that somebody else has seen
    totp bytea,                  -- the second factor's secret, sealed; NULL for none
    changed bigint not null      -- system ms
);
create unique index credential_by_login on credential (login);

-- table: state system in state: sessions
create table session (
    key bytea primary key,       -- SHA-256 of the token
    person bigint not null,      -- signed in
    post bigint not null,        -- acted in
    made bigint not null,        -- system ms
    seen bigint not null,        -- system ms
    ends bigint not null,        -- system ms
    name bytea not null          -- how the page calls the person, sealed
);
create index session_by_end on session (ends);
create index session_by_person on session (person);

-- table: state system in state: failed attempts, also of names that nobody has
create table attempt (
    login bytea primary key,     -- keyed hash of what was entered
    failures bigint not null,    -- in a row
    last bigint not null         -- system ms
);
create index attempt_by_last on attempt (last);

-- table: state system in state: the newest time step of each second factor that was used
create table totp_used (
    person bigint primary key,   -- whose
    step bigint not null         -- of 30 s
);
