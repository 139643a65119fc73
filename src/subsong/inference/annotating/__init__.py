"""A segmenter's output -> annotations: probabilities frame by frame, in pieces of any length, and their decoding."""
