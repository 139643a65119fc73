"""Maps in folders that the studio opens: points, what is known of each, and a picture of each.

`folder` says what lies in one, `reading` what of a dataset becomes a point, `pictures` makes the small pictures,
`layout` places the points, `building` does it all. `clusters` divides a map into types.
"""
