"""Our translation of IPython against IPython's own, and what becomes of a cell."""

from __future__ import annotations

import ast

import pytest
from IPython.core.inputtransformer2 import TransformerManager

from autograder.reading.ipython import translate_cell

# Cells whose Python must be what IPython makes of them, but for the commands that are left out.
CORPUS = [
    "%matplotlib inline\nx = 1",
    "x = 1\n!pip install torch 'unclosed",
    "!pip install -q \\\n    diffusers \\\n    einops\nx = 1",
    "?print\nprint?\ntorch.nn??\nx = 1",
    "files = !ls\nx = 1",
    "where = %pwd\nx = 1",
    "%time x = f(1)",
    "if True:\n    %load_ext x\n    y = 1",
    "for i in range(2):\n    !echo {i}\n    x = i",
    "text = '''\n%d items\n!\n'''\ny = 1",
    "x = (7\n% 4)\n%pwd",
    "x = 7 \\\n    % 4\n%pwd",
    ">>> x = 1\n>>> def f():\n...     return x\n>>> y = f()",
    "In [1]: x = 1\n   ...: y = 2",
    "    x = 1\n    y = 2",
    "a = [1,\n     2,\n     ]\n%who\nb = 3",
    's = "100 %"\n%who',
    "d['a'] = !ls\nx = 1",
    "%run helpers.py\nx = 1",
    "x != y",
    "def f():\n    '''Doc?\n    '''\n    return 5 % 3\n!ls",
    "%%time\nx = 1\ny = 2",
    "\n%%capture out\nx = 1",
    "x = 1  # why?\n# %magic in a comment\n# !ls",
]


class Commands(ast.NodeTransformer):
    """Calls of get_ipython() become None, since what they do is not what is compared."""

    def visit_Call(self, node: ast.Call) -> ast.AST:
        inner = node.func.value if isinstance(node.func, ast.Attribute) else None
        if isinstance(inner, ast.Call) and isinstance(inner.func, ast.Name) and inner.func.id == "get_ipython":
            return ast.Constant(None)
        return self.generic_visit(node)


def plain(source: str) -> list[str]:
    """The statements of a text without commands, each as Python writes it."""
    tree = Commands().visit(ast.parse(source))
    told = [ast.unparse(statement) for statement in tree.body]
    return [text.replace("pass", "None") for text in told if text not in ("pass", "None")]


def by_ipython(cell: str) -> str:
    """What IPython makes of a cell; of one under a magic that runs it, of its body; %time keeps its statement."""
    lines = cell.lstrip("\n").split("\n")
    if lines[0].startswith("%%"):
        return by_ipython("\n".join(lines[1:]))
    return str(TransformerManager().transform_cell(cell.replace("%time ", "")))


@pytest.mark.parametrize("cell", CORPUS)
def test_what_remains_is_what_ipython_leaves(cell: str) -> None:
    """The same statements in the same order, whatever is taken out"""
    ours = translate_cell(cell).source
    assert ours is not None
    assert plain(ours) == plain(by_ipython(cell))


@pytest.mark.parametrize("cell", CORPUS)
def test_lines_stay_where_they_were(cell: str) -> None:
    """So that a message names the line that the student sees"""
    ours = translate_cell(cell).source
    assert ours is not None and ours.count("\n") == cell.count("\n")


@pytest.mark.parametrize("cell", ["%%bash\nls", "%%html\n<b>", "%%", "%%javascript\nalert(1)"])
def test_a_cell_in_another_language_is_no_python(cell: str) -> None:
    """It is skipped whole"""
    assert translate_cell(cell).source is None


def test_a_file_that_a_cell_writes_is_kept() -> None:
    """With its name, its text, and whether it is added to what is there"""
    assert translate_cell("%%writefile -a src/a.py\nx = 1").file == ("src/a.py", "x = 1", True)


def test_a_cell_of_very_many_magics_is_read_once() -> None:
    """Each line is looked at once"""
    assert set((translate_cell("%pwd\n" * 20_000 + "x = 1").source or "").split("\n")) == {"pass", "x = 1"}
