"""A map of sounds as one offline page: hover to see, click to hear, draw around points to take their ids away."""
