"""Renditions of a motif -> warps that align them in time. Arrays in, arrays out.

`config` says what a warp may be, `warp` and `time_base` what its numbers mean. `fitting` fits warps and a template and
aligns new renditions; its parts are `objective` (what a warp is judged by), `template` (the best one for given warps),
`search` (better warps for a given template) and `moves` (how knots may move). `scoring`, `cross_validation` and
`anchors` choose the settings; `files` keeps a fit.
"""
