"""Annotating sound while it comes: frames and probabilities as they arrive, decisions as soon as they are certain."""
