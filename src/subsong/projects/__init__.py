"""A laboratory's project: its recordings, annotations and birds, and everything that is made of them.

`config` is the project file, `project` the folder and its places, `recordings` what is in it. `documents` holds the
annotations of each recording, with all that was ever done to them; `steps` the cached steps from recordings to a map;
`maps` the folders that maps are kept in. `run` does all steps in order.
"""
