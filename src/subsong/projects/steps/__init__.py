"""The steps from recordings to a map, each done again only when something it depends on has changed.

`inputs` reads what people gave: recordings and annotations, with hashes of their content. `plan` lists the steps these
need; each kind of step has a file that says what it depends on and what it makes. `cache` remembers what each was made
from, and `doing` runs what has to be run.
"""
