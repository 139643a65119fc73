"""The engine: one lean loop over Fabric, its promises (exact resume, log schedule, watch), and the run folder.

The only room that imports Lightning.
"""
