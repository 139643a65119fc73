"""What came out of a project: scores against the truth where one is known, and one page that shows it all."""
