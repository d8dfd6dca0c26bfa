"""The public examples: those that stand in a function's docstring, run where the student's code runs.

An example is a doctest (`>>> f(1)` and below it the answer). They are found in the docstring of the student's own
function, so no course, no secret and no suite is needed, and nothing is sent anywhere. No jail: it is the student's
code on the student's machine. For a function that lost its docstring, the bundle has them once more in examples.json.
Where an example compares values, the messages and pictures are those of grading.
"""

from __future__ import annotations

import ast
import contextlib
import doctest
import html
import inspect
import io
import re
import sys
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np

from autograder.errors import UsageError
from autograder.pages.picture_style import standalone
from autograder.reading.advice import advice
from autograder.selfcheck.answers import gist
from autograder.suite.assertions import CheckFailed, assert_matches
from autograder.verdicts.pictures import draw

_MAX_OUTPUT = 4000


class State(StrEnum):
    """How the examples of one function ended."""

    RIGHT = "right"
    WRONG = "not right yet"
    CRASHED = "crashed"
    OPEN = "not written yet"
    NONE = "has no example"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """One example. source: what was run; message: what is wrong, "" if nothing is; picture: an SVG or None.

    answer: a wrong answer's numbers as text, "" if there are too few to tell one wrong idea from another.
    """

    source: str
    message: str = ""
    expected: str = ""
    observed: str = ""
    picture: str | None = None
    answer: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The examples of one function. A notebook shows it as HTML with pictures, a terminal as text.

    hint: what to think about again, or why there is no hint; "" if nobody asked for one.
    """

    function: str
    state: State
    tried: tuple[Tried, ...] = ()
    hint: str = ""

    @property
    def passed(self) -> bool:
        """Whether there were examples and all are right."""
        return self.state is State.RIGHT

    def __str__(self) -> str:
        lines = [f"{self.function}: {self.state}{self._count()}"]
        for example in self.tried:
            if example.message:
                lines += [f"    {line}" for line in (">>> " + example.source.strip()).split("\n")]
                lines += [f"    {line}" for line in example.message.split("\n")]
                if example.expected:
                    lines += [f"    expected: {example.expected}", f"    yours:    {example.observed}"]
        if self.hint:
            lines.append(f"    {self.hint}")
        if self.state is State.NONE:
            lines.append("    Its docstring holds no line with >>>; copy the docstring of the starter back in.")
        return "\n".join(lines)

    __repr__ = __str__

    def _count(self) -> str:
        if self.state is not State.RIGHT:
            return ""
        return f" ({len(self.tried)} example{'' if len(self.tried) == 1 else 's'})"

    def _repr_html_(self) -> str:
        colour = {State.RIGHT: "#15803d", State.OPEN: "#78716c", State.NONE: "#78716c"}.get(self.state, "#b91c1c")
        head = f"<strong>{html.escape(self.function)}</strong>: {html.escape(self.state)}{self._count()}"
        parts = [f'<div class="public-check" style="border-left:.3em solid {colour};padding-left:.7em"><p>{head}</p>']
        for example in self.tried:
            if example.message:
                parts.append(f"<pre>&gt;&gt;&gt; {html.escape(example.source.strip())}</pre>")
                parts.append(f"<p style='white-space:pre-wrap'>{html.escape(example.message)}</p>")
                if example.expected:
                    parts.append(f"<pre>expected: {html.escape(example.expected)}\n")
                    parts.append(f"yours:    {html.escape(example.observed)}</pre>")
                if self.hint:  # above the picture, which may fill the screen
                    parts.append(f"<p>{html.escape(self.hint)}</p>")
                if example.picture:
                    parts.append(standalone(example.picture))
        if self.state is State.NONE:
            parts.append("<p>Its docstring holds no line with &gt;&gt;&gt;; copy the starter's back in.</p>")
        return "".join([*parts, "</div>"])


def try_examples(
    function: Callable[..., Any], namespace: dict[str, Any] | None = None, handed_out: Mapping[str, str] | None = None
) -> Report:
    """Run the examples in the function's docstring. Stops at the first that is wrong: the next ones build on it.

    namespace: the names that examples may use; default: the function's own module. handed_out: function to the text
    that has its examples, for a docstring that has none. UsageError for what is no function.
    """
    name = getattr(function, "__name__", "")
    if not callable(function) or not name:
        raise UsageError(f"{function!r} is no function; give its name without quotes and brackets: check(q_sample)")
    own = getattr(inspect.unwrap(function), "__globals__", {})  # of the function itself, not of a decorator's module
    if isinstance(function, type):
        own = vars(sys.modules[function.__module__]) if function.__module__ in sys.modules else {}
    names = dict(own if namespace is None else namespace)
    _add_usual_names(names)
    names[name] = function
    parser = doctest.DocTestParser()
    try:
        examples = parser.get_examples(_docstring(function), name)
        examples = examples or parser.get_examples((handed_out or {}).get(name, ""), name)
    except ValueError as error:
        raise UsageError(f"the docstring of {name} has a broken example: {error}") from None
    tried: list[Tried] = []
    for example in [example for example in examples if not example.options.get(doctest.SKIP)]:
        state, one = _try(example, names, name)
        if state is State.CRASHED and _is_empty(function):
            return Report(function=name, state=State.OPEN, tried=(Tried(source=example.source),))
        tried.append(one)
        if state is not State.RIGHT:
            return Report(function=name, state=state, tried=tuple(tried))
    return Report(function=name, state=State.RIGHT if tried else State.NONE, tried=tuple(tried))


def _docstring(function: Any) -> str:
    """The text that holds the examples: of a class, its methods' too."""
    own = getattr(function, "__doc__", None) or ""
    if not isinstance(function, type):
        return own
    inner = [getattr(value, "__func__", getattr(value, "fget", value)) for value in vars(function).values()]
    texts = [own, *(value.__doc__ or "" for value in inner if inspect.isfunction(value))]
    return "\n\n".join(inspect.cleandoc(text) for text in texts)


def _is_empty(function: Any) -> bool:
    """Whether this is a class in which nothing is written yet."""
    return isinstance(function, type) and not any(
        callable(value) or not name.startswith("__") for name, value in vars(function).items()
    )


def _add_usual_names(names: dict[str, Any]) -> None:
    """Examples are written with np and torch, which a solution may do without."""
    names.setdefault("np", np)
    if "torch" not in names:
        with contextlib.suppress(ImportError):
            import torch

            names["torch"] = torch


def _try(example: doctest.Example, names: dict[str, Any], function: str) -> tuple[State, Tried]:
    printed = io.StringIO()
    try:
        with contextlib.redirect_stdout(printed):
            value, has_value = _run(example.source, names)
    except NotImplementedError:
        return State.OPEN, Tried(source=example.source)
    except Exception as error:  # noqa: BLE001  the student's code may raise anything
        if example.exc_msg is not None and type(error).__name__ in example.exc_msg:
            return State.RIGHT, Tried(source=example.source)
        return State.CRASHED, Tried(source=example.source, message=_where(error))
    shown = printed.getvalue() + (f"{value!r}\n" if has_value and value is not None else "")
    flags = doctest.NORMALIZE_WHITESPACE
    for option, wanted in example.options.items():
        flags = flags | option if wanted else flags & ~option
    if doctest.OutputChecker().check_output(example.want, shown, flags):
        return State.RIGHT, Tried(source=example.source)
    if example.exc_msg is not None:
        message = f"This should raise {example.exc_msg.strip()}, and it did not."
        return State.WRONG, Tried(source=example.source, message=message)
    return _compare(example, value, has_value, shown, function)


def _run(source: str, names: dict[str, Any]) -> tuple[Any, bool]:
    """The value of the example if it is an expression. Executes the student's code, in the student's own process."""
    tree = ast.parse(source)
    if len(tree.body) == 1 and isinstance(tree.body[0], ast.Expr):
        code = compile(ast.Expression(tree.body[0].value), "<example>", "eval")
        return eval(code, names), True  # noqa: S307  an example of the docstring, as doctest would
    exec(compile(tree, "<example>", "exec"), names)  # noqa: S102  the same
    return None, False


def _compare(example: doctest.Example, value: Any, has_value: bool, shown: str, function: str) -> tuple[State, Tried]:
    """Values by the rules of grading, anything else as text."""
    try:
        wanted = ast.literal_eval(example.want.strip())
    except (ValueError, SyntaxError):
        has_value = False
    if has_value:
        try:
            assert_matches(value, wanted, name=f"the answer of {function}", atol=_last_digit(example.source))
        except CheckFailed as failed:
            return State.WRONG, Tried(
                source=example.source,
                message=failed.message,
                expected=failed.expected or "",
                observed=failed.observed or "",
                picture=draw(failed.evidence),
                answer=gist(value),
            )
        return State.RIGHT, Tried(source=example.source)
    message = f"It shows something else than the example in the docstring of {function}."
    yours = shown.strip()[:_MAX_OUTPUT] or "nothing"
    want = example.want.strip() or "nothing"
    return State.WRONG, Tried(source=example.source, message=message, expected=want, observed=yours)


def _last_digit(source: str) -> float:
    """How far values may be apart that an example rounds: one in the last place, since float32 rounds elsewhere."""
    digits = re.findall(r"round\([^\n]*?, (\d+)\)", source)
    return 1.01 * 10.0 ** -int(digits[0]) if digits else 1e-5


def _where(error: Exception) -> str:
    """The error with the student's own last line."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename != __file__]
    told = "".join(traceback.format_exception_only(error)).strip()
    if helps := advice(error):
        told += f" ({helps})"
    own = [frame for frame in frames if frame.filename != "<example>"]
    if not own:
        return told
    last = own[-1]
    line = f": {last.line}" if last.line else ""
    return f"{told}\nin {last.name}, line {last.lineno}{line}"
