"""What a suite calls the student's functions through, and what it remembers of each call."""

from __future__ import annotations

import ast
import inspect
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from autograder.errors import InfrastructureError, StudentDied, StudentError, StudentFault
from autograder.records import Answer, Drawn, LoadReport, Loan, PlotAxes, Ran
from autograder.suite.assertions import CheckFailed, as_array
from autograder.suite.calls import overhear
from autograder.suite.objects import Object, handle_of, told
from autograder.suite.values import describe_kind, is_tensor


class Backend(Protocol):
    """Where the student's code lives: a jailed worker when grading, this process for code that we wrote ourselves."""

    def call(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any], *, timeout: float | None = None) -> Answer:
        """Call the function of that name by value."""
        ...

    def use(
        self, thing: Any, operation: str, args: tuple[Any, ...], kwargs: dict[str, Any], *, timeout: float | None = None
    ) -> Answer:
        """Do something with an object that stayed inside, or with a name of the submission."""
        ...

    def text(self, name: str) -> str | None:
        """What a file that was handed in holds; "" for the main one; None if there is none."""
        ...

    def adopting(self, make: Callable[[Any], object]) -> None:
        """Say what a handle to an object becomes on this side from now on."""
        ...

    def has(self, name: str) -> bool:
        """Whether the submission defines that name."""
        ...

    def replace(self, name: str, value: object) -> None:
        """Put another function under a global name of the submission, until `restore`.

        An OwnWork answers with the submission's own function, and counts.
        """
        ...

    def restore(self) -> None:
        """Give every name its own value back."""
        ...

    def renew(self, *, prints: bool = False) -> bool:
        """Let the code forget what it was asked; keep what it prints from now on only if `prints`.

        Returns whether what it printed was kept until now.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedCall:
    """One call a check made: the function, its arguments, and what came back (a value or a fault).

    mutated: arguments that changed; generators: global random generators that moved; asked: a sketch of each question
    that was put to a callable argument, in order. plain: whether it was the call of a function by its name, so that it
    can be repeated by itself, and no other use of an object or a program.
    """

    function: str
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    value: Any = None
    fault: StudentFault | None = None
    mutated: tuple[str, ...] = ()
    generators: tuple[str, ...] = ()
    asked: tuple[Any, ...] = ()
    plain: bool = True


def record(
    calls: list[RecordedCall],
    name: str,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    ask: Callable[[tuple[Any, ...], dict[str, Any]], Answer],
    *,
    plain: bool = True,
) -> Answer:
    """What `ask` answers; the call, with what it asked of its callable arguments, is added to `calls`.

    Raises what `ask` raises; a StudentFault is written down first.
    """
    heard, (heard_args, heard_kwargs) = overhear(args, kwargs)
    try:
        answer = ask(heard_args, heard_kwargs)
    except StudentFault as fault:
        calls.append(
            RecordedCall(function=name, args=args, kwargs=kwargs, fault=fault, asked=tuple(heard), plain=plain)
        )
        raise
    call = RecordedCall(
        function=name,
        args=args,
        kwargs=kwargs,
        value=answer.value,
        mutated=answer.mutated,
        generators=answer.generators,
        asked=tuple(heard),
        plain=plain,
    )
    calls.append(call)
    return answer


PROGRAM = "the program"  # what a run of the whole file is called where functions go by their names


class Student:
    """The `student` fixture: `student.q_sample(x0, t, alpha_bar, eps)` runs the student's own function.

    calls: what was called so far, for the diagnosis. timeout: seconds a call may take, None for the course's limit.
    """

    def __init__(self, backend: Backend, report: LoadReport, *, timeout: float | None = None) -> None:
        self._backend = backend
        self._report = report
        self._timeout = timeout
        self.calls: list[RecordedCall] = []
        self._objects: weakref.WeakValueDictionary[Any, Object] = weakref.WeakValueDictionary()
        backend.adopting(self._adopted)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return Object(name, name, self._use)

    def get(self, name: str) -> Any:
        """The value of a global name of the submission, such as a constant; an object where it has no value."""
        return self._use(Object(name, name, self._use), "itself", (), {})

    def _adopted(self, handle: Any) -> Object:
        """The proxy of an object: the same one as long as somebody holds it."""
        known = self._objects.get(handle)
        if known is None:
            known = self._objects[handle] = Object(handle, handle.type_name, self._use)
        return known

    def _use(self, thing: Object, operation: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        name = handle_of(thing)
        if operation == "call" and type(name) is str:
            return self._call(name, args, kwargs).value

        def ask(heard_args: tuple[Any, ...], heard_kwargs: dict[str, Any]) -> Answer:
            with self._saying_why_missing(name):
                return self._backend.use(thing, operation, heard_args, heard_kwargs, timeout=self._timeout)

        return record(self.calls, told(thing, operation, args), args, kwargs, ask, plain=False).value

    @contextmanager
    def _saying_why_missing(self, name: object) -> Iterator[None]:
        try:
            yield
        except StudentError as error:
            if error.kind != "NameError" or error.frames or type(name) is not str or self._backend.has(name):
                raise
            raise StudentError("NameError", self._why_missing(name)) from None

    def call(
        self,
        name: str,
        /,
        *args: Any,
        stdin: Sequence[str] | str | None = None,
        files: Mapping[str, str | bytes] | None = None,
        **kwargs: Any,
    ) -> Any:
        """Call a function and learn what it did besides answering: an Answer, or a Ran where stdin or files is given.

        stdin: the lines that somebody types; files: name to content, written where the code runs beforehand. What the
        function raises is then part of the Ran. Else raises StudentError; in any case StudentDied or StudentTimeout.
        """
        if stdin is None and files is None:
            return self._call(name, args, kwargs)
        return self._watched(Object(name, name, self._use), "watch", (_typed(stdin), dict(files or {}), *args), kwargs)

    def run(
        self,
        *,
        stdin: Sequence[str] | str = (),
        args: Sequence[str] = (),
        files: Mapping[str, str | bytes] | None = None,
    ) -> Ran:
        """Run the file that was handed in as a program, from its first line, with `__name__` set to "__main__".

        stdin: the lines that somebody types; args: what follows the program's name; files: as in `call`.
        """
        there = (_typed(stdin), dict(files or {}), [str(argument) for argument in args])
        return self._watched(Object("", PROGRAM, self._use), "run", there, {})

    def axes(self, name: str, /, *args: Any, **kwargs: Any) -> tuple[PlotAxes, ...]:
        """Call a function that plots, and say what stands in each axes that it drew, whether it returns them or not.

        Raises StudentError for what the function raises; StudentDied or StudentTimeout.
        """
        done = self._watched(Object(name, name, self._use), "watch", ("", {}, *args), kwargs)
        if done.raised is not None:
            raise StudentError(done.raised, done.text, (), done.bases)
        return done.axes

    def query(self, sql: str, setup: str = "") -> list[tuple[Any, ...]]:
        """The rows of a text of SQL, run behind the line on a database in memory (sqlite3). setup: SQL that fills it.

        Raises StudentError for what sqlite3 refuses, such as OperationalError; StudentTimeout.
        """
        rows = self._use(Object("", "the query", self._use), "query", (as_text(sql), setup), {})
        return rows if type(rows) is list else []

    def source(self, name: str) -> str:
        """The text of a function or class as it was handed in, "" if there is none. It is read, never run."""
        for text in filter(None, [self._backend.text("")]):
            found = source_of(text, name)
            if found:
                return found
        return ""

    def text(self, file: str) -> str:
        """What another file that was handed in holds, such as `query.sql`; the check fails if there is none."""
        content = self._backend.text(file)
        if content is None:
            raise CheckFailed(f"There is no file {file} in what you handed in.")
        return content

    def file(self, stem: str) -> Object:
        """Another Python file that was handed in: `student.file("geometry").area(2)`."""
        return Object(f":{stem}", stem, self._use)

    def _watched(self, thing: Object, operation: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Ran:
        try:
            seen = self._use(thing, operation, args, kwargs)
        except StudentError as error:
            if error.kind == "NoRoom" and not error.frames:
                raise InfrastructureError("files of a check need the folder that only bubblewrap's jail has") from None
            raise
        return _ran(seen)

    def _call(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Answer:

        def ask(heard_args: tuple[Any, ...], heard_kwargs: dict[str, Any]) -> Answer:
            with self._saying_why_missing(name):
                return self._backend.call(name, heard_args, heard_kwargs, timeout=self._timeout)

        return record(self.calls, name, args, kwargs, ask)

    def method(self, thing: Any, name: str, /, *args: Any, **kwargs: Any) -> Any:
        """Call a method of an object of the submission, as `thing.name(...)` does, in one message."""
        return self._backend.use(thing, "method", (name, *args), kwargs, timeout=self._timeout).value

    def has(self, name: str) -> bool:
        """Whether the submission defines that name."""
        return self._backend.has(name)

    @contextmanager
    def aside(self) -> Iterator[None]:
        """For calls that only measure: once they came back, no hint is looked for in them."""
        asked = len(self.calls)
        try:
            yield
        finally:
            del self.calls[asked:]

    @contextmanager
    def right(self, reference: Any, *names: str) -> Iterator[None]:
        """Put the reference's functions under these names meanwhile: a slip there has cost its points before.

        One that takes a model goes over as text, since a model of the submission's cannot come to us; name what it
        builds on first. Only for checks that come after those of these functions. The submission could read that text.
        So it meets the text in a worker of its own, nothing that it prints, raises or answers there is shown to
        anybody, and the worker ends with the check: CheckFailed says only that the function is not right. How it ended
        and what was asked after an answer are not shown either.
        """
        prints, before = self._backend.renew(), len(self.calls)
        try:
            for name in names:
                function = getattr(reference, name)
                takes_model = next(iter(inspect.signature(function).parameters), "") == "model"
                as_text = takes_model or name.startswith("_")
                self._backend.replace(name, inspect.getsource(function) if as_text else function)
            yield
        except CheckFailed as fault:
            asked = self.calls[-1].function if self.calls else "the function"
            message = f"{asked} is wrong, with a right {names[-1]} in the place of yours."
            raise CheckFailed(message, credit=fault.credit, about=fault.about) from None
        except StudentError as fault:
            kind = fault.kind if fault.kind == "NotImplementedError" else "an error"
            raise StudentError(kind, f"it was asked with a right {names[-1]} in the place of yours") from None
        except StudentDied:  # its exit code is chosen by the submission
            raise StudentDied(f"it ended its process, with a right {names[-1]} in the place of yours") from None
        finally:
            del self.calls[before + 1 :]  # what it answered to one question may be an argument of the next
            self._backend.restore()
            self._backend.renew(prints=prints)

    def fails_in(self, name: str, *args: Any) -> bool:
        """Whether the student's function raises for these arguments, or is not written, or gives what is not finite."""
        try:
            with self.aside():
                as_array(self.call(name, *args).value)
        except (StudentError, CheckFailed):
            return True
        return False

    def _why_missing(self, name: str) -> str:
        blamed = [problem for problem in self._report.problems if name in problem.names]
        whole_file = [problem for problem in self._report.problems if problem.kind in ("syntax", "empty", "format")]
        if blamed:
            return f"{name} was never defined, because {blamed[0]}"
        if whole_file:
            return f"{name} was never defined: {whole_file[0]}"
        return f"your submission defines no {name}; the starter's name must be kept"


def as_text(value: Any) -> str:
    """A text that a submission gave, or a clear failure."""
    if type(value) is not str:
        raise CheckFailed(f"A text was expected, not {describe_kind(value)}.")
    return value


def _typed(lines: Sequence[str] | str | None) -> str:
    """Lines as they are typed, each with its end."""
    return lines if isinstance(lines, str) else "".join(f"{line}\n" for line in lines or ())


def _ran(seen: Any) -> Ran:
    """A record of what a worker says that it saw. It is hostile: what is not as it should be is the submission's."""
    fields = seen if type(seen) is dict else {}
    kinds = {"printed": str, "text": str, "exit_code": int, "files": dict, "bases": list, "axes": list}
    raised = fields.get("raised")
    if not all(type(fields.get(name)) is kind for name, kind in kinds.items()) or type(raised) not in (str, type(None)):
        raise StudentDied("the submission broke the grader's protocol: a report without its fields")
    files = {name: content for name, content in fields["files"].items() if type(name) is str}
    return Ran(
        value=fields.get("value"),
        printed=fields["printed"],
        raised=raised,
        text=fields["text"],
        bases=tuple(base for base in fields["bases"] if type(base) is str),
        exit_code=fields["exit_code"],
        files={name: content for name, content in files.items() if type(content) in (str, bytes)},
        axes=tuple(map(_axes, fields["axes"])),
    )


def _axes(told: Any) -> PlotAxes:
    """A record of what a worker says that it drew; what is missing or of another kind is empty."""
    fields = told if type(told) is dict else {}

    def text(name: str) -> str:
        return fields[name] if type(fields.get(name)) is str else ""

    def items(name: str, kind: type) -> tuple[Any, ...]:
        found = fields.get(name)
        return tuple(item for item in found if type(item) is kind) if isinstance(found, (list, tuple)) else ()

    def drawn(name: str) -> tuple[Drawn, ...]:
        return tuple(
            Drawn(label=one["label"] if type(one.get("label")) is str else "", x=one.get("x"), y=one.get("y"))
            for one in items(name, dict)
        )

    return PlotAxes(
        title=text("title"),
        xlabel=text("xlabel"),
        ylabel=text("ylabel"),
        xlim=items("xlim", float),
        ylim=items("ylim", float),
        xscale=text("xscale"),
        yscale=text("yscale"),
        xticks=items("xticks", str),
        legend=items("legend", str),
        lines=drawn("lines"),
        bars=drawn("bars"),
        points=drawn("points"),
    )


class Caught:
    """What `raises` caught. text: what the exception says."""

    text = ""


@contextmanager
def raises(student: Student, expected: str | type[Exception]) -> Iterator[Caught]:
    """Fail the check unless the submission raises that exception in the body, by its name or that of a base class.

    A function that was never defined, is not written yet, answers too late or ends its process is told as everywhere.
    """
    kind = expected if isinstance(expected, str) else expected.__name__
    caught = Caught()
    try:
        yield caught
    except StudentError as error:
        missing = error.kind == "NameError" and not error.frames
        if kind in (error.kind, *error.bases) and not missing:
            caught.text = error.text.removeprefix(f"{error.kind}: ")
            return
        if missing or error.kind == "NotImplementedError":
            raise
        message = f"{_asked(student)} raised {error.text}; it should raise {kind}."
        raise CheckFailed(message, expected=kind, observed=error.kind, about="behaviour") from None
    except StopIteration:  # what `next` of an object of the submission's says at the end
        if kind in ("StopIteration", "Exception"):
            return
        message = f"{_asked(student)} was at its end; it should raise {kind}."
        raise CheckFailed(message, expected=kind, observed="StopIteration", about="behaviour") from None
    raise CheckFailed(f"{_asked(student)} raised nothing; it should raise {kind}.", expected=kind, about="behaviour")


def _asked(student: Student) -> str:
    return student.calls[-1].function if student.calls else "The submission"


def source_of(text: str, name: str) -> str:
    """The lines of a function, class or method ("Stack.push") in a text of Python, "" if they are not there."""
    try:
        body: Any = ast.parse(text)
        for part in name.split("."):
            body = next(
                node
                for node in reversed(body.body)
                if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) and node.name == part
            )
        return ast.get_source_segment(text, body) or ""
    except (SyntaxError, ValueError, RecursionError, MemoryError, StopIteration):
        return ""


class Lent:
    """The `lent` fixture: `lent.pipeline()` makes something of the course's own where the student's code runs.

    Its functions are those of tests/suites/lent_<slug>.py. What has a value comes back as that; anything else as a
    Loan, to be passed on to the student's functions or back to `lent`.
    """

    def __init__(self, ask: Callable[[str, tuple[Any, ...], dict[str, Any]], Any], ours: Any) -> None:
        self._ask = ask
        self._ours = ours

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("__"):
            raise AttributeError(name)

        def lend(*args: Any, **kwargs: Any) -> Any:
            there = self._ask(name, args, kwargs)
            if there is None or is_tensor(there) or isinstance(there, _VALUES):
                return there
            return Loan(there=there, twin=lambda: call_with(twin_of, getattr(self._ours, name), args, kwargs))

        return lend


_VALUES = (bool, int, float, str, bytes, list, tuple, dict, np.ndarray)


def lent_here(ours: Any, inside: Callable[[Any], Any] = lambda value: value) -> Lent:
    """For code that we trust: what is lent is ours, in this process. inside: says what a proxy stands for."""
    return Lent(
        lambda name, args, kwargs: call_with(lambda v: inside(original_of(v)), getattr(ours, name), args, kwargs), ours
    )


def original_of(value: Any) -> Any:
    """What a loan is of, in the process where it is; anything else as it is."""
    return value.there if isinstance(value, Loan) else value


def twin_of(value: Any) -> Any:
    """A loan's like, made anew on our side; anything else as it is."""
    return value.twin() if isinstance(value, Loan) else value


def call_with(
    change: Callable[[Any], Any], function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    """What a function says to its arguments, each of them changed."""
    return function(*map(change, args), **{name: change(value) for name, value in kwargs.items()})
