DROP TABLE backstage_result_ends;
