"""Sphinx: the pages of this folder and the API reference from docstrings (``make docs``)."""

from importlib import metadata

project = "lohe"
copyright = "the lohe developers"
release = metadata.version("lohe")

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.mathjax",
    "sphinx.ext.napoleon",
]
autosummary_generate = False  # the summaries stand above the entries themselves
exclude_patterns = ["_build", "formal/*.v"]
myst_enable_extensions = ["amsmath", "dollarmath"]
myst_heading_anchors = 3
autodoc_typehints = "none"  # docstrings say shapes, which types do not
autodoc_member_order = "bysource"
napoleon_numpy_docstring = True
napoleon_google_docstring = False
html_theme = "furo"
html_title = f"lohe {release}"
# Shapes such as (n, d) in docstrings look like references to attributes of those names.
suppress_warnings = ["ref.python"]
