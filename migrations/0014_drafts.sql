-- A form can be open for one of several things of the same subject: a letter to one of several colleagues, an entry of
-- one of several lists. Each keeps a draft of its own.
set local role praxis_owner;
alter table clinic.draft add column part text not null default '' check (length(part) <= 200);
update clinic.setting set value = greatest(value::bigint, 14)::text where key = 'schema_version';
reset role;
