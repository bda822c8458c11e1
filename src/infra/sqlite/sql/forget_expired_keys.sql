-- Delete dedupe keys whose time is over, a bounded number: nobody asks for most of them again.
--   1: now (us)   2: at most so many
DELETE FROM backstage_dedupe
 WHERE (queue, key) IN (
           SELECT queue, key FROM backstage_dedupe
            WHERE expires_at IS NOT NULL AND expires_at <= ? ORDER BY expires_at LIMIT ?)
