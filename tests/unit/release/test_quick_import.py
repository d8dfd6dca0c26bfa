"""nbgrader is imported without a parser that it never uses, and nothing else notices."""

import subprocess
import sys

LOOK = """
import sys
{more}
from autograder.release.quick_import import without_the_grammar
with without_the_grammar():
    from nbgrader import api
    import nbformat
print("lark" in sys.modules, sys.modules.get("rfc3987_syntax", "no entry") is None)
import rfc3987_syntax
nbformat.validate(nbformat.v4.new_notebook())
print(rfc3987_syntax.__name__)
"""


def look(more: str) -> list[str]:
    """What a process of its own says."""
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-c", LOOK.format(more=more)], capture_output=True, text=True, check=True
    ).stdout.split()


def test_the_parser_is_not_built_and_can_be_imported_afterwards() -> None:
    assert look("") == ["False", "False", "rfc3987_syntax"]


def test_one_that_is_there_stays() -> None:
    assert look("import rfc3987_syntax") == ["True", "False", "rfc3987_syntax"]
