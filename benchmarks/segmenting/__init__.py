"""What the song segmenter is worth on real song: sets, folds, training and scores, by the tools a user has."""
