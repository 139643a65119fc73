"""A trained model -> embeddings, samples, walks, likelihoods, exports; reads the portable folder, not the data."""
