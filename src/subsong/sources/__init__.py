"""Files the world hands us -> arrays and tables.

One reader a format. A reader checks what it reads and says in one sentence what is wrong with it, where, and what to
do; it knows nothing of batches, models or training.
"""
