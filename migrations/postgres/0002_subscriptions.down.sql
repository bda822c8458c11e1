DROP TABLE backstage_subscriptions;
