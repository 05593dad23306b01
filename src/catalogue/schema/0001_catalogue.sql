-- The catalogue of matters and the procedures by which they are handled.

-- table: projection public in main: procedures as they were enacted
create table procedure (
    id bigint not null,        -- of the procedure
    version bigint not null,   -- from 1
    code text not null,        -- short name
    name text not null,        -- Chinese name
    effective bigint not null, -- day since 1970
    model text not null,       -- the BPMN file
    primary key (id, version)
);
create index procedure_code on procedure (code, version);

-- table: projection public in main: matters, each in the version that holds
create table matter (
    id bigint primary key,       -- of the matter
    code text not null,          -- 事项编码
    name text not null,          -- of the newest version
    type text not null,          -- 行政许可 …
    level text not null,         -- county, township, village
    body bigint not null,        -- who handles it
    body_name text not null,     -- its name
    division_path text not null, -- where it holds
    version bigint not null,     -- the newest published one, 0 for none
    drafted bigint not null      -- the newest drafted one
);
create index matter_code on matter (code, division_path);
create index matter_body on matter (body, code);

-- table: projection public in main: every version of every matter
create table matter_version (
    matter bigint not null,           -- its id
    version bigint not null,          -- from 1
    name text not null,               -- 名称
    content text not null,            -- 内容
    basis text not null,              -- 依据
    conditions text not null,         -- 条件
    materials text not null,          -- 材料清单, JSON
    applicants text not null,         -- 谁可以办
    legal bigint,                     -- 法定期限; NULL where the law sets none
    legal_unit text not null,         -- its unit
    legal_article text not null,      -- and its article
    promised bigint not null,         -- 承诺期限
    promised_unit text not null,      -- its unit
    promised_article text not null,   -- where it was promised
    fee text not null,                -- 收费
    supervision text not null,        -- 监督渠道
    procedure_id bigint not null,     -- 流程
    procedure_version bigint not null, -- and its version
    demo bigint not null,             -- 1: no authority has confirmed the values
    published bigint not null,        -- instant of publication, 0 for a draft
    effective bigint not null,        -- day since 1970, 0 for a draft
    primary key (matter, version)
);
