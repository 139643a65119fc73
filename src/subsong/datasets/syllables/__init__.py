"""Recordings with segments -> a store of spectrograms, one item a segment, and that store as a dataset.

`reading` says how, `gathering` finds recordings and segments and checks both, `making` computes items, `building` does
all of it and writes the store, `dataset` hands out batches.
"""
