//! Answers: plain structures read from the snapshot of one shard, and merged over shards.
