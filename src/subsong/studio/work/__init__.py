"""The pages Make dataset, Train, Watch and Predict, as the server sees them.

`schema` turns configuration classes into trees that the page makes forms of; `forms` says which classes and checks what
was typed; `bench` is the process that does so, for the recipes need torch and the server stays light. `datasets`,
`runs` and `predictions` look after what was made, `curves` reads along with a run, `figures` finds its pictures. The
modules whose names end in `_routes` answer requests.
"""
