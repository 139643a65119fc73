"""Posed pictures as a dataset: (pose, appearance) -> target, paired by identity."""
