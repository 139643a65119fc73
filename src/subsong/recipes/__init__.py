"""One Python file and one YAML per family: each wires the rooms together and holds nothing else.

A new family is found by being here: ``my-family.yaml`` is its preset, ``my_family.py`` holds its ``RECIPE``.
"""
