"""How `sphinx-build -W -c docs . site` builds the site: pages are Markdown, the reference comes from docstrings.

The source folder is the root of the repository, so that a relative link leads to the same file here and on a code host.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from sphinx.application import Sphinx

from backstage.infra.release import release as release_here

sys.path.insert(0, str(Path(__file__).parent))

from site_pages.command_line import command_line_reference
from site_pages.docstrings import keep_drawings, link_settings
from site_pages.listings import without_listing
from site_pages.navigation import navigation_of
from site_pages.public_names import public_names_reference, use_cases_reference

project = "Backstage"
release = release_here()
project_copyright = "the Backstage authors"
root_doc = "docs/index"
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx_copybutton"]
include_patterns = ["*.md", "docs/**.md", "examples/**.md"]
exclude_patterns = ["backstage", "src", "tests", "benchmarks", "migrations", "site", ".*", "**/node_modules"]

myst_heading_anchors = 4  # the anchors that code hosts give to headings
copybutton_exclude = ".linenos, .gp, .go"

autodoc_typehints = "signature"
autodoc_member_order = "bysource"
autodoc_default_options = {"members": True}
python_use_unqualified_type_names = True
python_maximum_signature_line_length = 88
default_role = "code"
smartquotes = False

html_theme = "furo"
html_title = "Backstage"
html_static_path = ["site_pages/static"]
html_extra_path = ["site_pages/extra"]
html_css_files = ["site.css"]
html_show_sphinx = False
html_copy_source = False
html_theme_options = {"navigation_with_keys": True}


def complete(app: Sphinx, page: str, source: list[str]) -> None:
    """Add what is read off the code, and make a page's list of links the site's navigation."""
    if re.match(r"docs/decisions/\d", page):
        source[0] = f"---\norphan: true\n---\n\n{source[0]}"  # reached from their list: they would crowd the navigation
    match page:
        case "docs/index":
            source[0] += navigation_of(source[0])
        case "docs/reference/python":
            source[0] = without_listing(source[0]) + public_names_reference()
        case "docs/reference/use-cases":
            source[0] = without_listing(source[0]) + use_cases_reference()
        case "docs/reference/command-line":
            source[0] += command_line_reference()


def setup(app: Sphinx) -> None:
    app.connect("source-read", complete)
    app.connect("autodoc-process-docstring", keep_drawings)
    app.connect("autodoc-process-docstring", link_settings)
