"""Runs and results become figures and pages; everything here takes plain arrays and knows no model or engine."""
