DROP TABLE backstage_tokens;
DROP TABLE backstage_audit;
