"""Which stretches of recordings are worth correcting: what a model is unsure of, and does not know."""
