"""The loops of a worker: claim, run, settle, renew, reclaim, beat, watch."""
