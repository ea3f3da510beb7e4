with ns as (select oid, nspname from pg_namespace where nspname in ('clinic', 'auth', 'audit')),
     given as (
    select 'schema ' || n.nspname as what, a.grantee, a.privilege_type as may
      from pg_namespace n, aclexplode(n.nspacl) a where n.nspname in ('clinic', 'auth', 'audit', 'public') and n.nspowner <> a.grantee
    union all
    select case c.relkind when 'S' then 'sequence ' else 'table ' end || c.oid::regclass, a.grantee, a.privilege_type
      from pg_class c join ns on ns.oid = c.relnamespace, aclexplode(c.relacl) a where a.grantee <> c.relowner
    union all
    select 'table ' || c.oid::regclass, x.grantee, x.privilege_type || ' (' || string_agg(a.attname, ', ' order by a.attname) || ')'
      from pg_attribute a join pg_class c on c.oid = a.attrelid join ns on ns.oid = c.relnamespace, aclexplode(a.attacl) x
     where x.grantee <> c.relowner group by c.oid, x.grantee, x.privilege_type
    union all
    select 'function ' || p.oid::regprocedure, a.grantee, a.privilege_type
      from pg_proc p join ns on ns.oid = p.pronamespace, aclexplode(p.proacl) a where a.grantee <> p.proowner)
select what || ': ' || case grantee when 0 then 'PUBLIC' else grantee::regrole::text end || ' ' || lower(string_agg(may, ', ' order by may))
  from given group by what, grantee order by 1
