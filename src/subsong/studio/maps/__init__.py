"""Maps in the studio: points, columns, pictures and sounds as the page wants them, and what is done with a selection.

`shelf` finds the project's maps, `columns` packs them, `present` lays what the annotations say now over them.
"""
