-- Schema `ferrodon`: what is only ours. Mastodon does not look here; every backup of the database contains it.
-- Times are those of the database (`timestamptz`), so that workers on several machines need no common clock.
create schema ferrodon;

-- One row for each file of migrations/ that has run. A program older than the newest row refuses to start.
create table ferrodon.schema_version (
    version integer primary key,
    applied_at timestamptz not null default now()
);

-- Work to be done. Rows are narrow and live for moments, hence the fillfactor and the early vacuum.
create table ferrodon.job (
    id bigint generated always as identity primary key,
    run_at timestamptz not null default now(),
    created_at timestamptz not null default now(),
    worker integer,                              -- who has it in hand; null: waiting
    takes integer not null default 0,            -- fence: a result counts only for the take it belongs to
    attempt smallint not null default 0,         -- runs that failed
    max_attempts smallint not null,              -- failed runs after which it is given up
    deaths smallint not null default 0,          -- workers that died with it in hand
    hold_key boolean not null default false,     -- the key stays taken while the job runs
    lane text not null,
    kind text not null,
    args text not null,
    dedup_key text,
    last_error text
) with (fillfactor = 70, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_scale_factor = 0.01,
        autovacuum_vacuum_insert_threshold = 100000, autovacuum_analyze_threshold = 1000);

create index job_due on ferrodon.job (lane, run_at, id) where worker is null and deaths = 0;
create index job_suspect on ferrodon.job (lane, run_at, id) where worker is null and deaths > 0;
create index job_in_hand on ferrodon.job (worker) where worker is not null;
create unique index job_dedup on ferrodon.job (kind, dedup_key) where dedup_key is not null;

-- Processes that do the work. `locked` says that the process holds the session lock (1178948178, id): 'FERR' in ASCII.
create table ferrodon.worker (
    id integer generated always as identity primary key,
    started_at timestamptz not null default now(),
    lease_until timestamptz not null default now() + interval '60 seconds',
    locked boolean not null default false,
    draining boolean not null default false,
    pid integer not null,
    host text not null,
    version text not null,
    lanes text not null
) with (fillfactor = 50);

-- Jobs that were given up, kept 30 days for the administrator.
create table ferrodon.dead (
    id bigint primary key,
    created_at timestamptz not null,
    died_at timestamptz not null default now(),
    attempt smallint not null,
    max_attempts smallint not null,
    deaths smallint not null,
    lane text not null,
    kind text not null,
    args text not null,
    reason text not null,                        -- exhausted, poison (two workers died of it), unknown (no such kind)
    last_error text
);

create index dead_died_at on ferrodon.dead (died_at);

-- Scheduled actions that have been started, so that each slot starts once however many schedulers there are.
create table ferrodon.schedule_slot (
    name text not null,
    slot timestamptz not null,
    primary key (name, slot)
);

-- Activities that arrived and are not processed yet. The row is what a 202 promises.
create table ferrodon.inbox (
    id bigint generated always as identity primary key,
    received_at timestamptz not null default now(),
    account_id bigint not null,                  -- who signed the request
    delivered_to_account_id bigint,              -- owner of a personal inbox
    hash bytea not null,
    body bytea not null
) with (autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_scale_factor = 0.02);

create unique index inbox_hash on ferrodon.inbox (hash);

-- Documents to be delivered: once for a fan-out, not once for each receiver.
create table ferrodon.payload (
    id bigint generated always as identity primary key,
    created_at timestamptz not null default now(),
    body bytea not null
);

-- One row for each document and inbox until it is delivered or given up.
create table ferrodon.delivery (
    id bigint generated always as identity primary key,
    payload_id bigint not null,
    account_id bigint not null,                  -- who signs
    object_key bigint,                           -- deliveries of one object to one inbox arrive in order
    next_at timestamptz not null default now(),
    expires_at timestamptz not null,
    worker integer,
    takes integer not null default 0,
    attempt smallint not null default 0,
    max_attempts smallint not null,
    deferred boolean not null default false,     -- the host is down: waits for the host, not for a time
    synchronize_followers boolean not null default false,
    bypass_availability boolean not null default false,
    host text not null,                          -- with a port, if the URL has one
    inbox_url text not null,
    last_error text
) with (fillfactor = 80, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_scale_factor = 0.01,
        autovacuum_analyze_threshold = 1000);

create index delivery_due on ferrodon.delivery (host, next_at, id) where worker is null and not deferred;
create index delivery_deferred on ferrodon.delivery (host, id) where worker is null and deferred;
create index delivery_in_hand on ferrodon.delivery (host) where worker is not null;
create index delivery_order on ferrodon.delivery (object_key, inbox_url, id) where object_key is not null;
create index delivery_payload on ferrodon.delivery (payload_id);
create index delivery_expires on ferrodon.delivery (expires_at);

-- How deliveries ended that did not succeed, kept 7 days.
create table ferrodon.delivery_failure (
    id bigint primary key,
    account_id bigint not null,
    ended_at timestamptz not null default now(),
    attempt smallint not null,
    host text not null,
    inbox_url text not null,
    reason text not null
);

create index delivery_failure_ended_at on ferrodon.delivery_failure (ended_at);

-- Hosts in trouble; a host that answers has no row.
create table ferrodon.host_state (
    host text primary key,
    failures integer not null default 0,         -- in a row
    first_failure_at timestamptz not null default now(),
    down boolean not null default false,         -- its deliveries are deferred but for one that tries
    probe_at timestamptz not null default now(), -- when the next one tries
    failing_days date[] not null default '{}',   -- at seven the domain becomes a row of unavailable_domains
    last_error text
) with (fillfactor = 70);

create index host_state_probe on ferrodon.host_state (probe_at) where down;

-- `Idempotency-Key` of posts, written with the post.
create table ferrodon.idempotency (
    account_id bigint not null,
    key_hash bytea not null,
    status_id bigint not null,
    until timestamptz not null default now() + interval '1 hour',
    primary key (account_id, key_hash)
);

create index idempotency_until on ferrodon.idempotency (until);

-- Objects whose Delete arrived before their Create: the Create is ignored when it comes.
create table ferrodon.deleted_before_arrival (
    account_id bigint not null,
    uri_hash bytea not null,
    until timestamptz not null default now() + interval '6 hours',
    primary key (account_id, uri_hash)
);

create index deleted_before_arrival_until on ferrodon.deleted_before_arrival (until);

insert into ferrodon.schema_version (version) values (2);
