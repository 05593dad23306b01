-- division_import_put(id: i64, source: str, since: date)
-- A list begins.
insert into division_import (id, source, since, done) values (:id, :source, :since, 0);

-- division_import_done(id: i64)
-- A list is whole.
update division_import set done = 1 where id = :id;

-- division_import_get(id: i64) -> one { since: date, done: bool }
-- A list.
select since, done from division_import where id = :id;

-- division_put(id: i64, import: i64, level: i64, parent: i64, path: str, name: str)
-- A division of a list.
insert into division (id, import, level, parent, path, name) values (:id, :import, :level, :parent, :path, :name);

-- division_code_put(division: i64, since: date, code: str, name: str)
-- A code from a day on.
insert into division_code (division, since, until, code, name) values (:division, :since, null, :code, :name)
on conflict (division, since) do update set code = excluded.code, name = excluded.name;

-- division_code_end(division: i64, until: date)
-- The open code ends.
update division_code set until = :until where division = :division and until is null and since < :until;

-- division_rename(id: i64, name: str)
-- What it is called now.
update division set name = :name where id = :id;

-- division_any(id: i64) -> one { import: i64, level: i64, parent: i64, path: str, name: str }
-- A division, also of a list that isn't whole yet.
select import, level, parent, path, name from division where id = :id;

-- division_get(id: i64) -> one { level: i64, parent: i64, path: str, name: str }
-- A division that is seen.
select d.level, d.parent, d.path, d.name from division d join division_import i on i.id = d.import
where d.id = :id and i.done = 1;

-- division_of_code(code: str, day: date) -> one { id: i64, level: i64, path: str, name: str }
-- Which division had this code on that day.
select d.id, d.level, d.path, d.name from division_code c join division d on d.id = c.division
join division_import i on i.id = d.import
where c.code = :code and c.since <= :day and (c.until is null or c.until > :day) and i.done = 1
order by c.since desc limit 1;

-- division_code_of(division: i64, day: date) -> one { code: str, name: str }
-- A division's code and name on a day.
select code, name from division_code
where division = :division and since <= :day and (until is null or until > :day) order by since desc limit 1;

-- division_children(parent: i64) -> many { id: i64, level: i64, path: str, name: str }
-- What lies right below.
select d.id, d.level, d.path, d.name from division d join division_import i on i.id = d.import
where d.parent = :parent and i.done = 1 order by d.id;

-- division_below(path_from: str, path_to: str) -> one { count: i64 }
-- How many divisions a part of the country has, itself included.
select count(d.id) from division d join division_import i on i.id = d.import
where d.path between :path_from and :path_to and i.done = 1;

-- body_put(id: i64, division: i64, division_path: str, name: str, kind: str)
-- A body.
-- unscoped: written by apply
insert into body (id, division, division_path, name, kind) values (:id, :division, :division_path, :name, :kind);

-- body_get(id: i64) -> one { division: i64, division_path: str, name: str, kind: str }
-- A body by its id.
-- unscoped: names of bodies are public
select division, division_path, name, kind from body where id = :id;

-- body_by_name(division: i64, name: str) -> one { id: i64, division_path: str }
-- A body of a division by its name.
-- unscoped: names of bodies are public
select id, division_path from body where division = :division and name = :name order by id;

-- bodies(scope_from: str, scope_to: str) -> many { id: i64, division: i64, name: str, kind: str }
-- The bodies of this part of the country.
select id, division, name, kind from body where division_path between :scope_from and :scope_to order by division_path, id;

-- post_put(id: i64, body: i64, division_path: str, name: str, duties: str)
-- A post.
-- unscoped: written by apply
insert into post (id, body, division_path, name, duties, closed) values (:id, :body, :division_path, :name, :duties, 0);

-- post_close(id: i64)
-- A post is closed.
-- unscoped: written by apply
update post set closed = 1 where id = :id;

-- post_get(id: i64) -> one { body: i64, division_path: str, name: str, duties: str, closed: bool }
-- A post by its id.
-- unscoped: the permission check itself finds its bounds here
select body, division_path, name, duties, closed from post where id = :id;

-- posts_of_body(body: i64) -> many { id: i64, name: str, duties: str, closed: bool }
-- The posts of a body.
-- unscoped: the caller was let to this body
select id, name, duties, closed from post where body = :body order by id;

-- post_acting(person: i64, post: i64) -> one { body: i64, division_path: str, name: str, duties: str, division: i64, body_name: str }
-- The post in which somebody acts, if they hold it now.
-- unscoped: the permission check itself finds its bounds here
select p.body, p.division_path, p.name, p.duties, b.division, b.name from post_holder h join post p on p.id = h.post
join body b on b.id = p.body
where h.person = :person and h.post = :post and p.closed = 0;

-- posts_held(person: i64) -> many { id: i64, body: i64, name: str, duties: str, body_name: str }
-- The posts that somebody holds now.
-- unscoped: one's own posts
select p.id, p.body, p.name, p.duties, b.name from post_holder h join post p on p.id = h.post
join body b on b.id = p.body
where h.person = :person and p.closed = 0 order by p.id;

-- post_holders(post: i64) -> many { person: i64, since: instant }
-- Who holds a post.
select person, since from post_holder where post = :post order by person;

-- post_holder_put(person: i64, post: i64, since: i64)
-- Somebody gets a post.
insert into post_holder (person, post, since) values (:person, :post, :since) on conflict (person, post) do nothing;

-- post_holder_drop(person: i64, post: i64)
-- Somebody loses a post.
delete from post_holder where person = :person and post = :post;

-- person_put(id: i64, kind: str, body: i64, event: i64)
-- A person.
insert into person (id, kind, body, event) values (:id, :kind, :body, :event) on conflict (id) do nothing;

-- person_get(id: i64) -> one { kind: str, body: i64, event: i64 }
-- A person.
select kind, body, event from person where id = :id;

-- people_of_body(body: i64) -> many { id: i64, event: i64 }
-- The staff of a body.
select id, event from person where body = :body and kind = 'staff' order by id;

-- people_with_numbers() -> many { id: i64, kind: str, event: i64 }
-- Everybody who can be found by a number.
select id, kind, event from person where kind in ('citizen', 'enterprise') order by id;

-- lookup_get(kind: str, hash: bytes) -> one { person: i64 }
-- Whose number this is.
select person from lookup where kind = :kind and hash = :hash;

-- lookup_put(kind: str, hash: bytes, person: i64)
-- A number can be found from now on.
insert into lookup (kind, hash, person) values (:kind, :hash, :person);

-- lookup_clear()
-- Before all are computed anew.
delete from lookup where kind <> '';

-- credential_get(person: i64) -> one { login: str?, password: str, must_change: bool, totp: bytes? }
-- How somebody signs in.
select login, password, must_change, totp from credential where person = :person;

-- credential_by_login(login: str) -> one { person: i64, password: str, must_change: bool, totp: bytes? }
-- By the name that staff enter.
select person, password, must_change, totp from credential where login = :login;

-- credential_put(person: i64, login: str?, password: str, must_change: i64, totp: bytes?, changed: i64)
-- A person can sign in from now on.
insert into credential (person, login, password, must_change, totp, changed)
values (:person, :login, :password, :must_change, :totp, :changed);

-- credential_password(person: i64, password: str, must_change: i64, changed: i64)
-- A new password.
update credential set password = :password, must_change = :must_change, changed = :changed where person = :person;

-- credential_totp(person: i64, totp: bytes?, changed: i64)
-- A new second factor.
update credential set totp = :totp, changed = :changed where person = :person;

-- session_get(key: bytes) -> one { person: i64, post: i64, made: i64, seen: i64, ends: i64, name: bytes }
-- A session.
select person, post, made, seen, ends, name from session where key = :key;

-- session_put(key: bytes, person: i64, post: i64, made: i64, seen: i64, ends: i64, name: bytes)
-- A session, new or touched.
insert into session (key, person, post, made, seen, ends, name)
values (:key, :person, :post, :made, :seen, :ends, :name)
on conflict (key) do update set person = excluded.person, post = excluded.post, seen = excluded.seen,
ends = excluded.ends, name = excluded.name;

-- session_drop(key: bytes)
-- A session ends.
delete from session where key = :key;

-- session_drop_person(person: i64)
-- All of somebody's sessions end.
delete from session where person = :person;

-- session_sweep(now: i64)
-- Sessions that are over.
delete from session where ends < :now;

-- attempt_get(login: bytes) -> one { failures: i64, last: i64 }
-- Failures in a row.
select failures, last from attempt where login = :login;

-- attempt_put(login: bytes, failures: i64, last: i64)
-- One more failure.
insert into attempt (login, failures, last) values (:login, :failures, :last)
on conflict (login) do update set failures = excluded.failures, last = excluded.last;

-- attempt_drop(login: bytes)
-- It went well.
delete from attempt where login = :login;

-- attempt_sweep(before: i64)
-- What is too old to count.
delete from attempt where last < :before;

-- totp_used_get(person: i64) -> one { step: i64 }
-- The newest step that was used.
select step from totp_used where person = :person;

-- totp_used_put(person: i64, step: i64)
-- A step is used.
insert into totp_used (person, step) values (:person, :step) on conflict (person) do update set step = excluded.step;
