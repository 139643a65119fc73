"""Batches -> distributions: encoders, decoders, posteriors, likelihoods and the models made of them."""
