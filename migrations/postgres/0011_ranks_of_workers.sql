-- What a beat says besides: the ranks of the worker's queues, a JSON object. NULL: all of one rank, or not known.

ALTER TABLE backstage_workers ADD COLUMN ranks text;
