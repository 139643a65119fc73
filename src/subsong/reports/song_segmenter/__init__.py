"""What a trained segmenter does, on figures: `examples` of sound with truth and answer, `content` of a run's page."""
