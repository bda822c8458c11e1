-- What a worker says of itself besides, a JSON object, NULL where an earlier release beats; what is asked of it, NULL:
-- nothing; the id of a request for its stacks that nobody has answered; and its last answer, a JSON object.

ALTER TABLE backstage_workers ADD COLUMN details text, ADD COLUMN wanted text, ADD COLUMN stacks_request text,
                              ADD COLUMN stacks text;
