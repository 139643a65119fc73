"""Subsong: variational autoencoders and song segmenters for what animals do."""
