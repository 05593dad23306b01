-- application_put(id: i64, number: str, matter: i64, matter_version: i64, body: i64, division_path: str, applicant: i64, event: i64, commitment: str, submitted: instant, materials: str, secret: str)
-- An application came.
-- unscoped: the row of the event's own stream
insert into application (id, number, matter, matter_version, body, division_path, applicant, event, commitment, submitted, materials, secret)
values (:id, :number, :matter, :matter_version, :body, :division_path, :applicant, :event, :commitment, :submitted, :materials, :secret)
on conflict (id) do nothing;

-- application_correct(id: i64, materials: str)
-- Its list of materials is another now.
-- unscoped: the row of the event's own stream
update application set materials = :materials where id = :id;

-- application_counted(day: str, last: i64)
-- So many came on that day.
insert into application_count (day, last) values (:day, :last)
on conflict (day) do update set last = case when excluded.last > application_count.last then excluded.last else application_count.last end;

-- application_last(day: str) -> one { last: i64 }
-- How many came on that day.
select last from application_count where day = :day;

-- application_get(id: i64) -> one { number: str, matter: i64, matter_version: i64, body: i64, division_path: str, applicant: i64, event: i64, commitment: str, submitted: instant, materials: str, secret: str }
-- An application.
-- unscoped: by id; who may see it is asked by the caller
select number, matter, matter_version, body, division_path, applicant, event, commitment, submitted, materials, secret
from application where id = :id;

-- application_by_number(number: str) -> one { id: i64, applicant: i64, secret: str }
-- The application of this number.
-- unscoped: tracking by number; who may see it is asked by the caller
select id, applicant, secret from application where number = :number order by id;

-- application_by_event(event: i64) -> one { id: i64, number: str, applicant: i64 }
-- The application of this submission.
-- unscoped: the receipt of a submission just answered
select id, number, applicant from application where event = :event order by id;

-- applications_of(applicant: i64, most: i64) -> many { id: i64, number: str, submitted: instant, matter_name: str, stage: str, outcome: str }
-- What a person applied for, newest first.
-- unscoped: one's own
select a.id, a.number, a.submitted, c.matter_name, c.stage, c.outcome
from application a join approval_case c on c.application = a.id
where a.applicant = :applicant order by a.submitted desc, a.id desc limit :most;

-- case_put(id: i64, application: i64, number: str, matter: i64, matter_version: i64, matter_name: str, procedure_id: i64, procedure_version: i64, body: i64, body_name: str, division_path: str, applicant: i64, received: date)
-- A case begins.
-- unscoped: the row of the event's own stream
insert into approval_case (id, application, number, matter, matter_version, matter_name, procedure_id, procedure_version, body,
    body_name, division_path, applicant, received, first_received, stage, state, asked, missing, accepted, deemed, paused,
    extended, result, reason, outcome, closed)
values (:id, :application, :number, :matter, :matter_version, :matter_name, :procedure_id, :procedure_version, :body,
    :body_name, :division_path, :applicant, :received, :received, 'received', '', 0, '', 0, 0, '', 0, '', '', '', 0)
on conflict (id) do nothing;

-- case_get(id: i64) -> one { id: i64, application: i64, number: str, matter: i64, matter_version: i64, matter_name: str, procedure_id: i64, procedure_version: i64, body: i64, body_name: str, division_path: str, applicant: i64, received: date, first_received: date, stage: str, state: str, asked: date, missing: str, accepted: date, deemed: bool, paused: str, extended: i64, result: str, reason: str, outcome: str, closed: instant }
-- A case.
-- unscoped: by id; who may see it is asked by the caller
select id, application, number, matter, matter_version, matter_name, procedure_id, procedure_version, body, body_name, division_path,
    applicant, received, first_received, stage, state, asked, missing, accepted, deemed, paused, extended, result, reason,
    outcome, closed from approval_case where id = :id;

-- case_by_number(number: str) -> one { id: i64, application: i64 }
-- The case of this number.
-- unscoped: tracking by number; who may see it is asked by the caller
select id, application from approval_case where number = :number order by id;

-- case_set_state(id: i64, state: str)
-- Where it stands in its procedure.
-- unscoped: the row of the event's own stream
update approval_case set state = :state where id = :id;

-- case_set_stage(id: i64, stage: str)
-- How far it is.
-- unscoped: the row of the event's own stream
update approval_case set stage = :stage where id = :id;

-- case_set_accepted(id: i64, day: date, deemed: bool)
-- It was accepted.
-- unscoped: the row of the event's own stream
update approval_case set stage = 'accepted', accepted = :day, deemed = :deemed where id = :id;

-- case_set_asked(id: i64, day: date, missing: str)
-- The applicant was told what is missing.
-- unscoped: the row of the event's own stream
update approval_case set stage = 'correcting', asked = :day, missing = :missing where id = :id;

-- case_set_received(id: i64, day: date)
-- What was missing came.
-- unscoped: the row of the event's own stream
update approval_case set stage = 'received', received = :day where id = :id;

-- case_set_result(id: i64, stage: str, result: str, reason: str)
-- It was decided, or not accepted.
-- unscoped: the row of the event's own stream
update approval_case set stage = :stage, result = :result, reason = :reason where id = :id;

-- case_set_paused(id: i64, ground: str)
-- Its limits stand still, or run again.
-- unscoped: the row of the event's own stream
update approval_case set paused = :ground where id = :id;

-- case_set_extended(id: i64, days: i64)
-- It may take longer.
-- unscoped: the row of the event's own stream
update approval_case set extended = :days where id = :id;

-- case_set_closed(id: i64, outcome: str, at: instant)
-- It ended.
-- unscoped: the row of the event's own stream
update approval_case set stage = 'closed', outcome = :outcome, closed = :at where id = :id;

-- case_task_put(case_id: i64, no: i64, node: str, name: str, post: str, opened: instant, amount: i64, unit: str, article: str)
-- A task waits.
-- unscoped: the row of the event's own stream
insert into case_task (case_id, no, node, name, post, opened, amount, unit, article, body, division_path)
select :case_id, :no, :node, :name, :post, :opened, :amount, :unit, :article, c.body, c.division_path
from approval_case c where c.id = :case_id
on conflict (case_id, no) do nothing;

-- case_task_drop(case_id: i64, no: i64)
-- A task is done.
-- unscoped: the row of the event's own stream
delete from case_task where case_id = :case_id and no = :no;

-- case_tasks(case_id: i64) -> many { no: i64, node: str, name: str, post: str, opened: instant, amount: i64, unit: str, article: str }
-- What waits in a case.
-- unscoped: by case; who may see it is asked by the caller
select no, node, name, post, opened, amount, unit, article from case_task where case_id = :case_id order by no;

-- tasks_open(scope_from: str, scope_to: str, most: i64) -> many { case_id: i64, no: i64, name: str, post: str, opened: instant, amount: i64, unit: str, body: i64, number: str, matter_name: str, body_name: str, division_path: str, stage: str, due: i64? }
-- What waits in this part of the country, with the earliest due day of its case's clocks; earliest first.
select t.case_id, t.no, t.name, t.post, t.opened, t.amount, t.unit, t.body, c.number, c.matter_name, c.body_name, t.division_path, c.stage,
    (select min(k.due) from case_clock cc join clock k on k.id = cc.clock where cc.case_id = t.case_id and k.state in (1, 3)) as due_day
from case_task t join approval_case c on c.id = t.case_id
where t.division_path between :scope_from and :scope_to
order by coalesce((select min(k.due) from case_clock cc join clock k on k.id = cc.clock where cc.case_id = t.case_id and k.state in (1, 3)), 9999999), t.opened, t.case_id, t.no
limit :most;

-- case_clock_put(clock: i64, case_id: i64, role: str, article: str)
-- A clock of a case.
insert into case_clock (clock, case_id, role, article) values (:clock, :case_id, :role, :article)
on conflict (clock) do nothing;

-- case_clocks(case_id: i64) -> many { clock: i64, role: str, article: str, state: i64, due: date, definition: str, provisional: bool }
-- The clocks of a case, oldest first.
select cc.clock, cc.role, cc.article, k.state, k.due, k.definition, k.provisional
from case_clock cc join clock k on k.id = cc.clock where cc.case_id = :case_id order by cc.clock;

-- case_line_put(case_id: i64, event: i64, at: instant, what: str, task: str, post: str, since: instant, amount: i64, unit: str, note: str)
-- Something happened to a case.
insert into case_line (case_id, event, at, what, task, post, since, amount, unit, note)
values (:case_id, :event, :at, :what, :task, :post, :since, :amount, :unit, :note)
on conflict (case_id, event) do nothing;

-- case_lines(case_id: i64) -> many { event: i64, at: instant, what: str, task: str, post: str, since: instant, amount: i64, unit: str, note: str }
-- What happened to a case, in order.
select event, at, what, task, post, since, amount, unit, note from case_line where case_id = :case_id order by at, event;

-- cases_unanswered(most: i64) -> many { id: i64 }
-- Cases whose five days for an answer are over, in the order of their ids.
-- unscoped: the timer's own reading
select c.id from approval_case c join case_clock cc on cc.case_id = c.id and cc.role = 'answer'
join clock k on k.id = cc.clock where c.stage = 'received' and k.state = 3 order by c.id limit :most;
