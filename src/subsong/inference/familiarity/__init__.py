"""Whether a recording sounds like those a model was trained on: what training sounded like, and how others compare."""
