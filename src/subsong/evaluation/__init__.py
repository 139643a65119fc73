"""Outputs -> numbers: metrics as pure functions, and the store of per-example outputs and losses."""
