-- What a worker says of itself besides, a JSON object, NULL where an earlier release beats; what is asked of it, NULL:
-- nothing; the id of a request for its stacks that nobody has answered; and its last answer, a JSON object.

ALTER TABLE backstage_workers ADD COLUMN details TEXT;
ALTER TABLE backstage_workers ADD COLUMN wanted TEXT;
ALTER TABLE backstage_workers ADD COLUMN stacks_request TEXT;
ALTER TABLE backstage_workers ADD COLUMN stacks TEXT;
