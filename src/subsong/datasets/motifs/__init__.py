"""Renditions of a motif, and what puts them on one time: the warped way of drawing windows from song.

`reading` says how, `finding` finds renditions in annotations, `gathering` those of a folder of recordings, `building`
writes the store of their frames with the warp that aligns them (`aligning`), `times` turns moments of the motif into
times of recordings.
"""
