-- What a test is taken from is typed freely ("crp on serum"): it is clinical text, and sealed like the rest of the order.
set local role praxis_owner;

alter table clinic.service_request alter column specimen type bytea using '\x00'::bytea || convert_to(specimen, 'UTF8');
drop trigger z_sealed on clinic.service_request;
select clinic.seal_columns('service_request');

update clinic.setting set value = greatest(value::bigint, 18)::text where key = 'schema_version';
reset role;
