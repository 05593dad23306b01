-- The store's own table.

-- table: state system in main: which process may write, where several serve one PostgreSQL
create table lease (
    id bigint primary key,       -- always 1
    epoch bigint not null,       -- grows by one with each taking
    address text not null,       -- of the holder; empty before the first
    expires bigint not null      -- system time, ms; from then on others may take it
);
