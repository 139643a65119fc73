"""Datasets of DAS / DeepSS (``NAME.npy`` folders) as stores of annotated song, and back.

`attributes` reads what a dataset says of itself without running anything in it, `intervals` finds annotations in dense
targets, `reading` makes a store of a dataset and `writing` a dataset of a store.
"""

from subsong.interop.das.reading import is_das_dataset, prepare_das
from subsong.interop.das.writing import write_das_dataset

__all__ = ["is_das_dataset", "prepare_das", "write_das_dataset"]
