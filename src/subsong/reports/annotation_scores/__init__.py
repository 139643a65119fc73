"""What a comparison of two sets of annotations shows: `curves`, `confusion`, `strips`, and the `page` they stand on."""
