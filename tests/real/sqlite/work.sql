.mode list
.separator |
create table boats (id integer primary key, name text not null, length real, built integer, notes blob);
create table trips (id integer primary key, boat integer references boats(id), miles integer, day text);
with recursive n(i) as (select 1 union all select i + 1 from n where i < 2000)
insert into boats select i, 'boat ' || i, (i * 37 % 400) / 10.0, 1900 + i % 120, x'00ff' from n;
with recursive n(i) as (select 1 union all select i + 1 from n where i < 20000)
insert into trips select i, 1 + i * 7919 % 2000, i * 31 % 500, date('2000-01-01', '+' || (i % 9000) || ' days') from n;
create index trips_boat on trips(boat, miles);
create unique index boats_name on boats(name);
select count(*), sum(miles), min(day), max(day) from trips;
select b.name, count(*), sum(t.miles) as total from boats b join trips t on t.boat = b.id group by b.id order by total desc, b.name limit 5;
explain query plan select miles from trips where boat = 17;
select built / 10 * 10 as decade, count(*), round(avg(length), 3) from boats group by decade order by decade limit 4;
select id, miles, sum(miles) over (order by id rows between 2 preceding and current row), rank() over (order by miles desc) from trips where boat = 5 order by id;
begin;
update boats set length = length * 2 where built < 1950;
delete from trips where miles = 0;
savepoint inner;
delete from trips;
select count(*) from trips;
rollback to inner;
select count(*) from trips;
commit;
insert into boats(name) values ('boat 1');
select upper(name), hex(notes), typeof(length), printf('%08.3f', length), instr(name, '7') from boats where name like '%77%' order by 1 limit 3;
select group_concat(x, ',') from (with recursive f(a, x) as (select 0, 1 union all select x, a + x from f where x < 1000) select x from f);
create view long_ones as select * from boats where length > 60;
select count(*), max(length) from long_ones;
create trigger logged after delete on boats begin insert into trips(boat, miles, day) values (old.id, -1, 'gone'); end;
delete from boats where id = 42;
select * from trips where day = 'gone';
select name, tbl_name from sqlite_master order by 1;
vacuum;
select count(*), sum(length(notes)) from boats;
