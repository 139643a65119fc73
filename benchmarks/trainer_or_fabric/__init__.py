"""Lightning's Trainer against Fabric under a lean loop of our own: three promises and the cost of a step.

Run it with ``python -m benchmarks.trainer_or_fabric``. ``problem`` holds what both engines share, ``with_fabric`` and
``with_trainer`` one prototype each, ``promises`` the checks, ``step_cost`` and ``start_up`` the measurements.
Decision 0001 in ``docs/decisions`` rests on what it prints.
"""
