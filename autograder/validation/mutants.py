"""Small slips put into a module's source, one at a time, to see whether a suite notices each of them.

The operators are those of mutmut and cosmic-ray that make sense on arithmetic over arrays, and a few that are made for
it: a factor or a square root left out, a loop that starts late or stops early. DECISIONS.md says why they stand here.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

_SWAPS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Div,
    ast.Mod: ast.FloorDiv,
    ast.Pow: ast.Mult,
    ast.MatMult: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}
_COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
_BLOCKS = (ast.FunctionDef, ast.ClassDef, ast.For, ast.While, ast.If, ast.With, ast.Try)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """One slip. function: the top-level name it lies in; line: where, in the original; was, becomes: the statement.

    source: the whole module with the slip in it.
    """

    function: str
    line: int
    was: str
    becomes: str
    source: str

    def __str__(self) -> str:
        return f"{self.function}, line {self.line}: {self.was}  ->  {self.becomes}"


def mutants_of(source: str) -> tuple[Mutant, ...]:
    """Every mutant of a module's functions, classes and constants, in the order of the file; no two are alike."""
    tree = ast.parse(source)
    seen = {ast.unparse(tree)}
    found = []
    for top in tree.body:
        name = _name_of(top)
        if name is None:
            continue
        for statement in _statements(top):
            was = _first_line(statement)
            for _ in _slips(statement):
                changed = ast.unparse(tree)
                if changed not in seen:
                    seen.add(changed)
                    becomes = _first_line(statement)
                    line = statement.lineno
                    found.append(Mutant(function=name, line=line, was=was, becomes=becomes, source=changed))
    return tuple(found)


def uses_of(source: str) -> dict[str, frozenset[str]]:
    """Top-level name to all top-level names that it needs, itself included, however far behind one another."""
    tops = {name: top for top in ast.parse(source).body if (name := _name_of(top))}
    direct = {
        name: {node.id for node in ast.walk(top) if isinstance(node, ast.Name) and node.id in tops} | {name}
        for name, top in tops.items()
    }
    while True:
        further = {name: set().union(*(direct[used] for used in uses)) for name, uses in direct.items()}
        if further == direct:
            return {name: frozenset(uses) for name, uses in direct.items()}
        direct = further


def _name_of(top: ast.stmt) -> str | None:
    """The name that a top-level statement defines, if it is one that holds code of its own."""
    if isinstance(top, ast.FunctionDef | ast.ClassDef):
        return top.name
    if isinstance(top, ast.Assign) and isinstance(top.targets[0], ast.Name):
        return top.targets[0].id
    return None


def _statements(top: ast.stmt) -> Iterator[ast.stmt]:
    """Those in which a slip shows. What an exception says is for people, as docstrings are."""
    for node in ast.walk(top):
        if isinstance(node, ast.stmt) and not _is_docstring(node) and not isinstance(node, ast.Raise):
            yield node


def _is_docstring(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _first_line(statement: ast.stmt) -> str:
    """The statement as one line: a block is known by its head, decorators left out."""
    text = ast.unparse(statement)
    above = len(statement.decorator_list) if isinstance(statement, ast.FunctionDef | ast.ClassDef) else 0
    return text.split("\n")[above] if isinstance(statement, _BLOCKS) else text


def _slips(statement: ast.stmt) -> Iterator[None]:
    """Put each slip of one statement into the tree, yield, and take it out again; nested statements have their own."""
    if isinstance(statement, ast.For):
        yield from _each(statement, "iter", _other_loops(statement.iter))
    if isinstance(statement, ast.If):
        yield from _each(statement, "test", [ast.UnaryOp(op=ast.Not(), operand=statement.test)])
    if isinstance(statement, ast.AugAssign) and type(statement.op) in _SWAPS:
        yield from _each(statement, "op", [_SWAPS[type(statement.op)]()])
    yield from _inside(statement)


def _inside(node: ast.AST) -> Iterator[None]:
    for field, value in ast.iter_fields(node):
        if field in ("annotation", "returns", "decorator_list", "type_params"):
            continue
        if isinstance(node, ast.keyword) and node.arg == "strict":
            continue
        items = value if isinstance(value, list) else [value]
        for place, child in enumerate(items):
            if not isinstance(child, ast.AST) or isinstance(child, ast.stmt):
                continue
            for other in _variants(child):
                _put(node, field, value, place, other)
                yield
            _put(node, field, value, place, child)
            yield from _inside(child)


def _each(node: ast.AST, field: str, others: list[ast.AST]) -> Iterator[None]:
    kept = getattr(node, field)
    for other in others:
        setattr(node, field, other)
        yield
    setattr(node, field, kept)


def _put(node: ast.AST, field: str, value: object, place: int, child: ast.AST) -> None:
    if isinstance(value, list):
        value[place] = child
    else:
        setattr(node, field, child)


def _other_loops(walked: ast.expr) -> list[ast.AST]:
    """A loop that never runs, one that starts a step late, and one that stops a step early."""
    texts = ("[]", "list(X)[1:]", "list(X)[:-1]")
    return [ast.parse(text.replace("X", ast.unparse(walked)), mode="eval").body for text in texts]


def _variants(node: ast.AST) -> list[ast.AST]:
    """What could stand in the place of an expression by a slip."""
    match node:
        case ast.BinOp(left=left, op=op, right=right):
            swap = _SWAPS.get(type(op))
            return [*([ast.BinOp(left=left, op=swap(), right=right)] if swap else []), left, right]
        case ast.Compare(left=left, ops=[op], comparators=comparators):
            others = _COMPARISONS.get(type(op), ())
            return [ast.Compare(left=left, ops=[other()], comparators=comparators) for other in others]
        case ast.BoolOp(op=op, values=values):
            return [ast.BoolOp(op=ast.Or() if isinstance(op, ast.And) else ast.And(), values=values), *values]
        case ast.UnaryOp(op=ast.USub() | ast.Not() | ast.Invert(), operand=operand):
            return [operand]
        case ast.IfExp(body=body, orelse=orelse):
            return [body, orelse]
        case ast.Constant(value=value):
            return [ast.Constant(value=other) for other in _other_constants(value)]
        case ast.Call():
            return _other_calls(node)
        case ast.Slice(lower=lower, upper=upper, step=step):
            shorter = [(None, upper, step), (lower, None, step), (lower, upper, None)]
            return [ast.Slice(lower=a, upper=b, step=c) for a, b, c in shorter]
        case ast.comprehension(target=target, iter=walked, ifs=[_, *_], is_async=is_async):
            return [ast.comprehension(target=target, iter=walked, ifs=[], is_async=is_async)]
    return []


def _other_constants(value: object) -> list[bool | int | float | str]:
    match value:
        case bool():
            return [not value]
        case int():
            return [value + 1, value - 1]
        case float():
            return [value * 2 if value else 1.0, value + 1]
        case str():
            return [""] if value else ["x"]
    return []


def _other_calls(call: ast.Call) -> list[ast.AST]:
    """The call left out, two arguments exchanged, the last one or a named one left out."""
    args, named = call.args, call.keywords
    others: list[ast.AST] = []
    if not args and not named and isinstance(call.func, ast.Attribute):
        others.append(call.func.value)
    if len(args) == 1 and not isinstance(args[0], ast.Starred | ast.GeneratorExp):
        others.append(args[0])
    if len(args) >= 2:
        others.append(ast.Call(func=call.func, args=[args[1], args[0], *args[2:]], keywords=named))
        others.append(ast.Call(func=call.func, args=args[:-1], keywords=named))
    for i in range(len(named)):
        if named[i].arg == "strict":  # a guard of zip's: inputs that it would refuse are no check's business
            continue
        others.append(ast.Call(func=call.func, args=args, keywords=[*named[:i], *named[i + 1 :]]))
    return others
