-- The ledger's own tables. Foreign keys are none: append writes all of an event at once.

-- table: record system in main: every event, as it was hashed
create table event (
    no bigint primary key,       -- number in the ledger, from 0; goes on over the epochs
    epoch bigint not null,       -- log epoch, from 1
    id bigint not null,          -- node number and counter
    kind text not null,          -- name of the event
    version bigint not null,     -- of its shape
    recorded bigint not null,    -- when its node wrote it, ms
    site text not null,          -- where it was made
    entry bytea not null,        -- the 33 bytes of the leaf
    body text not null,          -- canonical JSON: fields in declared order, closed ones as commitments
    salts bytea not null         -- 16 bytes a field, zeros where the value isn't open
);
create unique index event_id on event (id);

-- table: record system in main: which versions of which streams an event made
create table event_stream (
    kind text not null,          -- of the stream
    stream bigint not null,      -- its id
    version bigint not null,     -- from 1; foreign streams may have gaps
    no bigint not null,          -- the event's number here
    primary key (kind, stream, version)
);
create index event_stream_no on event_stream (no);

-- table: record system in main: where each stream stands and who may add to it
create table stream (
    kind text not null,          -- of the stream
    id bigint not null,          -- its id
    version bigint not null,     -- its newest
    home text not null,          -- the site that may add to it
    primary key (kind, id)
);

-- table: record system in main: what may happen once only, from the envelope
create table once (
    key text not null,           -- idempotency key with person and command, or cause with stream
    no bigint not null,          -- the event that took it
    content bytea,               -- SM3 of the command's content, for an idempotency key
    primary key (key)
);

-- table: record system in main: persons' values, sealed under their keys
create table vault (
    event bigint not null,       -- id of the event
    field text not null,         -- name in it
    person bigint not null,      -- whose it is
    sealed bytea not null,       -- salt and value under the person's key
    primary key (event, field)
);
create index vault_person on vault (person);

-- table: record system in main: complete tiles of 256 hashes
create table tile (
    epoch bigint not null,       -- log epoch
    level bigint not null,       -- 0 holds leaf hashes
    idx bigint not null,         -- from 0
    hashes bytea not null,       -- 256 SHA-256 hashes
    sm3 bytea not null,          -- SM3 root of the subtree below
    primary key (epoch, level, idx)
);

-- table: record system in main: signed heads
create table head (
    epoch bigint not null,       -- log epoch
    size bigint not null,        -- entries of that epoch's tree
    at bigint not null,          -- system time, ms
    sha256 bytea not null,       -- root
    sm3 bytea not null,          -- root
    note text not null,          -- the signed checkpoint
    primary key (epoch, size)
);

-- table: record system in main: foreign events that can't be applied yet
create table quarantine (
    site text not null,          -- who sent it
    package bigint not null,     -- in which package
    seq bigint not null,         -- and where in it
    id bigint not null,          -- the event's id
    streams text not null,       -- |kind:id|kind:id| that it parks
    wire text not null,          -- the event as it came, persons' values taken out
    primary key (site, package, seq)
);

-- table: record system in main: packages that this node made, so that a number keeps its run
create table link_out (
    site text not null,          -- the neighbour
    epoch bigint not null,       -- of this node
    number bigint not null,      -- from 1 in each epoch
    first_no bigint not null,    -- of the run
    last_no bigint not null,     -- of the run
    primary key (site, epoch, number)
);

-- table: projection system in main: the last package taken from each neighbour
create table link_in (
    site text not null,          -- the neighbour
    epoch bigint not null,       -- its epoch
    number bigint not null,      -- of the package
    primary key (site)
);

-- table: record system in main: the last package of ours that each neighbour has taken
create table link_ack (
    site text not null,          -- the neighbour
    epoch bigint not null,       -- its epoch when it said so
    ours bigint not null,        -- our epoch that it means
    acked bigint not null,       -- of the package
    primary key (site)
);

-- table: record system in keys: each person's key, wrapped by an epoch's key
create table person_key (
    person bigint primary key,   -- the person's id
    epoch bigint not null,       -- of the wrapping key
    wrapped bytea not null       -- the key
);

-- table: record system in keys: who was erased; acts on whatever comes later
create table erasure (
    person bigint primary key,   -- the person's id
    at bigint not null,          -- system time, ms
    reason text not null         -- as told by the operator
);

-- table: record system in keys: log epochs with what they kept of the ones before
create table epoch (
    epoch bigint primary key,    -- from 1
    start_no bigint not null,    -- number of its first entry
    node bigint not null,        -- node number that made it
    origin text not null,        -- of its checkpoints
    newest_size bigint not null, -- of its newest head
    newest_note text not null    -- the newest head itself
);

-- table: record system in keys: node numbers given by the node above, burned before use
create table node_number (
    number bigint primary key,   -- 20 bits
    burned bigint not null       -- 1 once used
);
