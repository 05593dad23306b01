-- procedure_put(id: i64, version: i64, code: str, name: str, effective: date, model: str)
-- A procedure was enacted.
insert into procedure (id, version, code, name, effective, model) values (:id, :version, :code, :name, :effective, :model)
on conflict (id, version) do nothing;

-- procedure_newest(code: str) -> one { id: i64, version: i64, name: str }
-- The newest version of the procedure of this code.
select id, version, name from procedure where code = :code order by version desc limit 1;

-- procedure_model(id: i64, version: i64) -> one { name: str, model: str }
-- The file of a version.
select name, model from procedure where id = :id and version = :version;

-- matter_put(id: i64, code: str, name: str, type: str, level: str, body: i64, body_name: str, division_path: str, drafted: i64)
-- A matter was drafted for the first time.
insert into matter (id, code, name, type, level, body, body_name, division_path, version, drafted)
values (:id, :code, :name, :type, :level, :body, :body_name, :division_path, 0, :drafted)
on conflict (id) do update set drafted = excluded.drafted;

-- matter_version_put(matter: i64, version: i64, name: str, content: str, basis: str, conditions: str, materials: str, applicants: str, legal: i64?, legal_unit: str, legal_article: str, promised: i64, promised_unit: str, promised_article: str, fee: str, supervision: str, procedure_id: i64, procedure_version: i64, demo: bool)
-- A version was drafted.
insert into matter_version (matter, version, name, content, basis, conditions, materials, applicants, legal,
    legal_unit, legal_article, promised, promised_unit, promised_article, fee, supervision, procedure_id,
    procedure_version, demo, published, effective)
values (:matter, :version, :name, :content, :basis, :conditions, :materials, :applicants, :legal,
    :legal_unit, :legal_article, :promised, :promised_unit, :promised_article, :fee, :supervision, :procedure_id,
    :procedure_version, :demo, 0, 0)
on conflict (matter, version) do nothing;

-- matter_version_publish(matter: i64, version: i64, published: instant, effective: date)
-- A version holds from that day.
update matter_version set published = :published, effective = :effective where matter = :matter and version = :version;

-- matter_publish(matter: i64, version: i64)
-- The matter shows this version.
update matter set version = :version,
    name = (select v.name from matter_version v where v.matter = :matter and v.version = :version)
where id = :matter and exists (select 1 from matter_version v where v.matter = :matter and v.version = :version);

-- matter_get(id: i64) -> one { code: str, name: str, type: str, level: str, body: i64, body_name: str, division_path: str, version: i64, drafted: i64 }
-- A matter.
select code, name, type, level, body, body_name, division_path, version, drafted from matter where id = :id;

-- matter_by_code(code: str, division_path: str) -> one { id: i64, version: i64, drafted: i64 }
-- The matter of this code in this division.
select id, version, drafted from matter where code = :code and division_path = :division_path order by id limit 1;

-- matter_version_get(matter: i64, version: i64) -> one { name: str, content: str, basis: str, conditions: str, materials: str, applicants: str, legal: i64?, legal_unit: str, legal_article: str, promised: i64, promised_unit: str, promised_article: str, fee: str, supervision: str, procedure_id: i64, procedure_version: i64, demo: bool, published: instant, effective: date }
-- One version, whole.
select name, content, basis, conditions, materials, applicants, legal, legal_unit, legal_article, promised,
    promised_unit, promised_article, fee, supervision, procedure_id, procedure_version, demo, published, effective
from matter_version where matter = :matter and version = :version;

-- matters_find(words: str, level: str, body: i64, after: str, most: i64) -> many { id: i64, code: str, name: str, type: str, level: str, body: i64, body_name: str, promised: i64, promised_unit: str, fee: str, demo: bool }
-- Published matters whose name or body's name holds the words, of a level and a body where they are given.
-- pg: select m.id, m.code, m.name, m.type, m.level, m.body, m.body_name, v.promised, v.promised_unit, v.fee, v.demo
-- pg: from matter m join matter_version v on v.matter = m.id and v.version = m.version
-- pg: where m.version > 0 and (strpos(m.name, :words) > 0 or strpos(m.body_name, :words) > 0)
-- pg:   and (:level = '' or m.level = :level) and (:body = 0 or m.body = :body) and m.code > :after
-- pg: order by m.code, m.id limit :most
select m.id, m.code, m.name, m.type, m.level, m.body, m.body_name, v.promised, v.promised_unit, v.fee, v.demo
from matter m join matter_version v on v.matter = m.id and v.version = m.version
where m.version > 0 and (instr(m.name, :words) > 0 or instr(m.body_name, :words) > 0)
  and (:level = '' or m.level = :level) and (:body = 0 or m.body = :body) and m.code > :after
order by m.code, m.id limit :most;

-- matter_bodies() -> many { body: i64, body_name: str, matters: i64 }
-- Who handles matters, and how many.
select body, body_name, count(*) from matter where version > 0 group by body, body_name order by body_name, body;
