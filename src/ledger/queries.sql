-- event_put(no: i64, epoch: i64, id: i64, kind: str, version: i64, recorded: i64, site: str, entry: bytes, body: str, salts: bytes)
-- Append one event.
insert into event (no, epoch, id, kind, version, recorded, site, entry, body, salts)
values (:no, :epoch, :id, :kind, :version, :recorded, :site, :entry, :body, :salts);

-- events_from(no: i64, most: i64) -> many { no: i64, epoch: i64, id: i64, kind: str, version: i64, recorded: i64, site: str, entry: bytes, body: str, salts: bytes }
-- A run of events in the ledger's order.
select no, epoch, id, kind, version, recorded, site, entry, body, salts from event where no >= :no order by no limit :most;
