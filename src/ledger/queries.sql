-- event_put(no: i64, epoch: i64, id: i64, kind: str, version: i64, recorded: i64, site: str, entry: bytes, body: str, salts: bytes)
-- Append one event.
insert into event (no, epoch, id, kind, version, recorded, site, entry, body, salts)
values (:no, :epoch, :id, :kind, :version, :recorded, :site, :entry, :body, :salts);

-- events_from(no: i64, most: i64) -> many { no: i64, epoch: i64, id: i64, kind: str, version: i64, recorded: i64, site: str, entry: bytes, body: str, salts: bytes }
-- A run of events in the ledger's order.
select no, epoch, id, kind, version, recorded, site, entry, body, salts
from event where no >= :no order by no limit :most;

-- event_by_id(id: i64) -> one { no: i64, epoch: i64, entry: bytes, body: str, salts: bytes }
-- The event of this id.
select no, epoch, entry, body, salts from event where id = :id;

-- entries_from(no: i64, before: i64) -> many { no: i64, entry: bytes }
-- The leaves of a run.
select no, entry from event where no >= :no and no < :before order by no;

-- ledger_end() -> one { no: i64, epoch: i64 }
-- The newest event's number.
select no, epoch from event order by no desc limit 1;

-- last_id(from: i64, upto: i64) -> one { id: i64 }
-- The highest id that a node has used.
select id from event where id >= :from and id <= :upto order by id desc limit 1;

-- last_recorded(site: str) -> one { recorded: i64? }
-- When this site last recorded anything.
select max(recorded) from event where site = :site;

-- stream_get(kind: str, id: i64) -> one { version: i64, home: str }
-- Where a stream stands.
select version, home from stream where kind = :kind and id = :id;

-- stream_set(kind: str, id: i64, version: i64, home: str)
-- A stream has grown.
insert into stream (kind, id, version, home) values (:kind, :id, :version, :home)
on conflict (kind, id) do update set version = excluded.version;

-- event_stream_put(kind: str, stream: i64, version: i64, no: i64)
-- This event made that version.
insert into event_stream (kind, stream, version, no) values (:kind, :stream, :version, :no);

-- once_get(key: str) -> one { no: i64, content: bytes? }
-- Who took this key.
select no, content from once where key = :key;

-- once_put(key: str, no: i64, content: bytes?)
-- Take a key.
insert into once (key, no, content) values (:key, :no, :content);

-- vault_put(event: i64, field: str, person: i64, sealed: bytes)
-- Keep a person's value.
insert into vault (event, field, person, sealed) values (:event, :field, :person, :sealed);

-- vault_get(event: i64, field: str) -> one { person: i64, sealed: bytes }
-- A person's value, sealed.
select person, sealed from vault where event = :event and field = :field;

-- vault_of(event: i64) -> many { field: str, person: i64, sealed: bytes }
-- All values of an event.
select field, person, sealed from vault where event = :event order by field;

-- vault_of_person(person: i64) -> many { event: i64, field: str }
-- Which values of a person there are.
select event, field from vault where person = :person order by event, field;

-- vault_erase(person: i64)
-- Drop all values of a person.
delete from vault where person = :person;

-- vault_persons() -> many { person: i64 }
-- Whose values there are.
select distinct person from vault order by person;

-- tile_put(epoch: i64, level: i64, idx: i64, hashes: bytes, sm3: bytes)
-- A tile is complete.
insert into tile (epoch, level, idx, hashes, sm3) values (:epoch, :level, :idx, :hashes, :sm3);

-- tile_get(epoch: i64, level: i64, idx: i64) -> one { hashes: bytes, sm3: bytes }
-- A complete tile.
select hashes, sm3 from tile where epoch = :epoch and level = :level and idx = :idx;

-- tiles_of(epoch: i64, level: i64, idx: i64) -> many { idx: i64, hashes: bytes, sm3: bytes }
-- The complete tiles of a level from one on.
select idx, hashes, sm3 from tile where epoch = :epoch and level = :level and idx >= :idx order by idx;

-- head_put(epoch: i64, size: i64, at: i64, sha256: bytes, sm3: bytes, note: str)
-- A signed head.
insert into head (epoch, size, at, sha256, sm3, note) values (:epoch, :size, :at, :sha256, :sm3, :note)
on conflict (epoch, size) do nothing;

-- head_last(epoch: i64) -> one { size: i64, at: i64, sha256: bytes, sm3: bytes, note: str }
-- The newest head of an epoch.
select size, at, sha256, sm3, note from head where epoch = :epoch order by size desc limit 1;

-- head_over(epoch: i64, after: i64, upto: i64) -> one { size: i64, note: str }
-- The newest head of an epoch over more than so many entries, of those that are here.
select size, note from head where epoch = :epoch and size > :after and size <= :upto
order by size desc limit 1;

-- heads_all() -> many { epoch: i64, size: i64, at: i64, sha256: bytes, sm3: bytes, note: str }
-- Every head.
select epoch, size, at, sha256, sm3, note from head order by epoch, size;

-- quarantine_put(site: str, package: i64, seq: i64, id: i64, streams: str, wire: str)
-- Park a foreign event.
insert into quarantine (site, package, seq, id, streams, wire)
values (:site, :package, :seq, :id, :streams, :wire);

-- quarantine_all() -> many { site: str, package: i64, seq: i64, id: i64, streams: str, wire: str }
-- What is parked, in the order of its coming.
select site, package, seq, id, streams, wire from quarantine order by site, package, seq;

-- quarantine_drop(site: str, package: i64, seq: i64)
-- It could be applied.
delete from quarantine where site = :site and package = :package and seq = :seq;

-- link_out_put(site: str, epoch: i64, number: i64, first_no: i64, last_no: i64)
-- A package's number keeps its run.
insert into link_out (site, epoch, number, first_no, last_no)
values (:site, :epoch, :number, :first_no, :last_no);

-- link_out_last(site: str, epoch: i64) -> one { number: i64, last_no: i64 }
-- The newest package to a neighbour.
select number, last_no from link_out where site = :site and epoch = :epoch order by number desc limit 1;

-- link_out_after(site: str, epoch: i64, number: i64) -> many { number: i64, first_no: i64, last_no: i64 }
-- Packages that the neighbour hasn't acknowledged.
select number, first_no, last_no from link_out
where site = :site and epoch = :epoch and number > :number order by number;

-- link_in_get(site: str) -> one { epoch: i64, number: i64 }
-- The last package taken from a neighbour.
select epoch, number from link_in where site = :site;

-- link_in_set(site: str, epoch: i64, number: i64)
-- A package was taken.
insert into link_in (site, epoch, number) values (:site, :epoch, :number)
on conflict (site) do update set epoch = excluded.epoch, number = excluded.number;

-- link_ack_get(site: str) -> one { epoch: i64, ours: i64, acked: i64 }
-- The last package of ours that the neighbour has taken.
select epoch, ours, acked from link_ack where site = :site;

-- link_ack_set(site: str, epoch: i64, ours: i64, acked: i64)
-- The neighbour says what it has taken.
insert into link_ack (site, epoch, ours, acked) values (:site, :epoch, :ours, :acked)
on conflict (site) do update set epoch = excluded.epoch, ours = excluded.ours, acked = excluded.acked;

-- person_key_get(person: i64) -> one { epoch: i64, wrapped: bytes }
-- A person's key, wrapped.
select epoch, wrapped from person_key where person = :person;

-- person_key_put(person: i64, epoch: i64, wrapped: bytes)
-- A new person's key.
insert into person_key (person, epoch, wrapped) values (:person, :epoch, :wrapped);

-- person_keys_before(epoch: i64) -> many { person: i64, epoch: i64, wrapped: bytes }
-- Keys under older epochs' keys.
select person, epoch, wrapped from person_key where epoch < :epoch order by person;

-- person_key_rewrap(person: i64, epoch: i64, wrapped: bytes)
-- The same key under another.
update person_key set epoch = :epoch, wrapped = :wrapped where person = :person;

-- person_key_drop(person: i64)
-- Nobody can open this person's values any more.
delete from person_key where person = :person;

-- erasure_put(person: i64, at: i64, reason: str)
-- Remember an erasure.
insert into erasure (person, at, reason) values (:person, :at, :reason) on conflict (person) do nothing;

-- erasure_get(person: i64) -> one { at: i64 }
-- Was this person erased?
select at from erasure where person = :person;

-- erasures() -> many { person: i64, reason: str }
-- All who were erased.
select person, reason from erasure order by person;

-- epoch_put(epoch: i64, start_no: i64, node: i64, origin: str, newest_size: i64, newest_note: str)
-- A log epoch begins.
insert into epoch (epoch, start_no, node, origin, newest_size, newest_note)
values (:epoch, :start_no, :node, :origin, :newest_size, :newest_note);

-- epoch_head(epoch: i64, newest_size: i64, newest_note: str)
-- Remember the newest head beside the keys.
update epoch set newest_size = :newest_size, newest_note = :newest_note where epoch = :epoch;

-- epochs() -> many { epoch: i64, start_no: i64, node: i64, origin: str, newest_size: i64, newest_note: str }
-- All log epochs.
select epoch, start_no, node, origin, newest_size, newest_note from epoch order by epoch;

-- node_number_free() -> many { number: i64 }
-- Node numbers in reserve.
select number from node_number where burned = 0 order by number;

-- node_number_last() -> one { number: i64 }
-- The highest node number that was ever given.
select number from node_number order by number desc limit 1;

-- node_number_burn(number: i64)
-- Use up a node number.
update node_number set burned = 1 where number = :number;

-- node_number_put(number: i64)
-- A node number given by the node above.
insert into node_number (number, burned) values (:number, 0) on conflict (number) do nothing;

-- epoch_spans() -> many { epoch: i64, first: i64, last: i64 }
-- Which numbers of each log epoch are here.
select epoch, min(no), max(no) from event group by epoch order by epoch;

-- events_between(no: i64, upto: i64) -> many { no: i64, id: i64, kind: str, version: i64, site: str, entry: bytes, body: str, salts: bytes }
-- The run of a package.
select no, id, kind, version, site, entry, body, salts from event where no >= :no and no <= :upto order by no;

-- quarantine_has(id: i64) -> one { id: i64 }
-- Is this event parked?
select id from quarantine where id = :id order by site, package, seq limit 1;

-- tiles_all() -> many { epoch: i64, level: i64, idx: i64, hashes: bytes, sm3: bytes }
-- Every complete tile.
select epoch, level, idx, hashes, sm3 from tile order by epoch, level, idx;

-- vault_strays() -> many { event: i64, field: str, person: i64 }
-- Values that belong to no event, neither in the ledger nor parked.
select event, field, person from vault
where event not in (select id from event) and event not in (select id from quarantine)
order by event, field limit 100;

-- head_newest() -> one { epoch: i64, size: i64, sha256: bytes, sm3: bytes, note: str }
-- The newest head of all.
select epoch, size, sha256, sm3, note from head order by epoch desc, size desc limit 1;
