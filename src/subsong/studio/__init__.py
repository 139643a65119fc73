"""The studio: annotate, correct, train and map in the browser, on one's own machine.

`app` puts the server together from the routes of its parts; `security` says who may ask for what. Each part has a
module or folder of routes here and a folder of ES modules under `static`.
"""
