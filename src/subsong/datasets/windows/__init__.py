"""Windows of song: no syllables needed, pictures are made while training.

`reading` says which stretches of the recordings are regions, and `regions` finds them. `building` writes the frames of
each region once, as the tiles of `tiling`; `frames` makes pictures of any windows of them, read by `tiles`. `axes` says
at which times the columns of a window lie, `drawing` where windows begin, `dataset` and `splitting` hand them out.
"""
