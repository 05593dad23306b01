-- clock_put(id: i64, owner_kind: str, owner: i64, home: str, state: i64, generation: i64, due: i64, provisional: i64, calendar: str, definition: str)
-- A clock starts.
insert into clock (id, owner_kind, owner, home, state, generation, due, provisional, calendar, definition, fell, warned)
values (:id, :owner_kind, :owner, :home, :state, :generation, :due, :provisional, :calendar, :definition, 0, -1)
on conflict (id) do nothing;

-- clock_change(id: i64, state: i64, generation: i64, due: i64, provisional: i64, calendar: str, definition: str)
-- A clock has another state, day or history.
update clock set state = :state, generation = :generation, due = :due, provisional = :provisional,
    calendar = :calendar, definition = :definition, fell = 0 where id = :id;

-- clock_fell(id: i64, event: i64)
-- A clock fell due by that event.
update clock set state = 3, fell = :event where id = :id;

-- clock_get(id: i64) -> one { owner_kind: str, owner: i64, home: str, state: i64, generation: i64, due: i64, provisional: i64, calendar: str, definition: str, fell: i64, warned: i64 }
-- A clock.
select owner_kind, owner, home, state, generation, due, provisional, calendar, definition, fell, warned
from clock where id = :id;

-- clocks_open(home: str, after: i64, most: i64) -> many { id: i64 }
-- Clocks of a site that run or fell due, in the order of their ids.
select id from clock where home = :home and state in (1, 3) and id > :after order by id limit :most;

-- agenda_put(clock: i64, kind: i64, at: i64, generation: i64, home: str)
-- This will fall due.
insert into agenda (clock, kind, at, generation, home) values (:clock, :kind, :at, :generation, :home)
on conflict (clock, kind) do update set at = excluded.at, generation = excluded.generation;

-- agenda_drop(clock: i64, kind: i64)
-- This won't fall due any more.
delete from agenda where clock = :clock and kind = :kind;

-- agenda_clear(clock: i64)
-- Nothing of this clock will fall due.
delete from agenda where clock = :clock;

-- agenda_due(home: str, at: i64, most: i64) -> many { clock: i64, kind: i64, at: i64, generation: i64 }
-- What is due by then, earliest first.
select clock, kind, at, generation from agenda where home = :home and at <= :at
order by at, clock, kind limit :most;

-- agenda_first(home: str) -> one { at: i64 }
-- When something falls due next.
select at from agenda where home = :home order by at, clock, kind limit 1;

-- clock_warned(id: i64, generation: i64)
-- The warning of this generation is out.
update clock set warned = :generation where id = :id;
