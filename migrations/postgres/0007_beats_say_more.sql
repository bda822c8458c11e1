-- What a beat says besides: how long the worker's leases last, and its release. NULL: a worker of an earlier release.

ALTER TABLE backstage_workers ADD COLUMN lease double precision, ADD COLUMN release text;
