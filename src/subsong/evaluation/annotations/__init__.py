"""One set of annotations scored against another, from any tools.

`scores` is the way in; `options` says how. `scope` decides what is compared with what. Pairs: `matching` finds
candidates, `assignment` chooses among them, `counting` counts, `outcomes` lists. Without pairs: `frames` and
`sequences`, for recordings in `agreement`. `ratios` and `tables` turn counts into scores with intervals, `timing`
describes errors.
"""
