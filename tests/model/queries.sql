-- note_add(id: i64, weight: i64, tag: str)
-- A note is filed.
insert into note (id, weight, tag, judged, verdicts, flags) values (:id, :weight, :tag, 0, '', 0)
on conflict (id) do nothing;

-- note_judge(id: i64, verdict: str)
-- A note is judged.
update note set judged = judged + 1, verdicts = verdicts || :verdict || ' ' where id = :id;

-- note_flag(id: i64)
-- The reader has seen a judgement.
update note set flags = flags + 1 where id = :id;

-- note_get(id: i64) -> one { judged: i64, flags: i64 }
-- A note.
select judged, flags from note where id = :id;

-- note_internal_set(id: i64, what: str, value: str)
-- An internal text.
insert into note_internal (id, what, value) values (:id, :what, :value)
on conflict (id, what) do update set value = excluded.value;
