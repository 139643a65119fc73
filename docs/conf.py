"""Sphinx's settings. Needs no network; the pages that repeat the code are written from the code at each build."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import generate
from sphinx.ext.napoleon.docstring import NumpyDocstring

project = "Subsong"
author = "The Subsong founders"
copyright = "2026, the Subsong founders"
release = "0.1.0"

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx.ext.mathjax"]
exclude_patterns = ["_build"]

myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3

autodoc_typehints = "signature"
autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
napoleon_google_docstring = False
napoleon_use_rtype = False
napoleon_use_ivar = True

html_theme = "pydata_sphinx_theme"
html_title = "Subsong"
html_show_sourcelink = False
html_theme_options = {"show_toc_level": 2, "navigation_with_keys": False, "secondary_sidebar_items": ["page-toc"]}

generate.write_pages(Path(__file__).parent / "_build" / "generated")


def consume_returns(self, preprocess_types=False):
    """Read what a docstring says it returns as one text: types are in the annotations, where Napoleon expects them."""
    return [("", "", self._dedent(self._consume_to_next_section()))]


NumpyDocstring._consume_returns_section = consume_returns
