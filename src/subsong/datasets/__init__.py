"""Arrays on disk or in memory -> batches: the store, splits, the order of the examples, corruption."""
