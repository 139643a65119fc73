"""Output + batch -> named loss terms per example, their weights and the schedules of these."""
