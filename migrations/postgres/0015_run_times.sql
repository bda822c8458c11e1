-- How long runs took, counted as waits are: the bounds are in domain/history.py. Rows of before have told it of none.

ALTER TABLE backstage_history
    ADD COLUMN run_0 bigint NOT NULL DEFAULT 0,
    ADD COLUMN run_1 bigint NOT NULL DEFAULT 0,
    ADD COLUMN run_2 bigint NOT NULL DEFAULT 0,
    ADD COLUMN run_3 bigint NOT NULL DEFAULT 0,
    ADD COLUMN run_4 bigint NOT NULL DEFAULT 0,
    ADD COLUMN run_5 bigint NOT NULL DEFAULT 0,
    ADD COLUMN run_6 bigint NOT NULL DEFAULT 0,
    ADD COLUMN run_7 bigint NOT NULL DEFAULT 0,
    ADD COLUMN run_8 bigint NOT NULL DEFAULT 0,
    ADD COLUMN run_9 bigint NOT NULL DEFAULT 0,
    ADD COLUMN run_10 bigint NOT NULL DEFAULT 0,
    ADD COLUMN run_11 bigint NOT NULL DEFAULT 0;
