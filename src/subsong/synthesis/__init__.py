"""Made-up data whose truth is known, for demonstrations and tests."""
