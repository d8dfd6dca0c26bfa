"""Attacks on the grader by what the worker says: malformed frames, forged messages, values that only seem plain."""

from __future__ import annotations

from attacks.attack import DIED, ERROR, RAW, TIMEOUT, VALUE, Attack


def _raw(name: str, body: str, sees: str, shows: str = "") -> Attack:
    """An attack whose `attack` has this body and the raw line at hand."""
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    return Attack(name=name, source=f"{RAW}\ndef attack(model):\n{lines}", sees=sees, shows=shows)


FRAMES = (
    _raw("forge an answer", "answer('forged')", VALUE, "^'forged'$"),
    _raw("a control part of 4 GB", "say(b'', control_size=0xFFFFFFFF)", DIED, "over the limit"),
    _raw("a blob of 4 GB", "say(b'\\xc0', blob_size=0xFFFFFFFF)", DIED, "over the limit"),
    _raw("promise 60 MB and send none", "say(b'\\xc0', blob_size=60 << 20)", TIMEOUT),
    _raw(
        "drip a frame byte by byte",
        "push(struct.pack('<II', 1 << 20, 0))\nwhile True:\n    push(b'x')\n    time.sleep(0.05)",
        TIMEOUT,
    ),
    _raw("an array header that promises 4 G items", "say(b'\\xdd\\xff\\xff\\xff\\xff' * 50)", DIED, "protocol"),
    _raw("a map where none may be", "say(b'\\x81\\xa1a\\x01')", DIED, "protocol"),
    _raw("two hundred thousand nested lists", "say(b'\\x91' * 200000 + b'\\xc0')", DIED, "protocol"),
    _raw(
        "nested lists under the parser's own limit",
        "value = None\nfor _ in range(200):\n    value = [0, value]\nanswer(value)",
        DIED,
        "nested too deep",
    ),
    _raw("a million empty lists", "answer([0] + [[0]] * 400_000)", DIED, "protocol"),
    _raw("zero-size tensors without end", "answer([0] + [tensor(0, (0,), 0)] * 90_000)", DIED, "protocol"),
    _raw("a tensor that lies about its shape", "answer(tensor(0, (1 << 30, 1 << 30, 4), 4), b'xxxx')", DIED, "shape"),
    _raw("a shape whose product overflows", "answer(tensor(0, (1 << 31, 1 << 31, 4), 0))", DIED, "shape"),
    _raw("an axis of 2**62 beside an empty one", "answer(tensor(0, (0, 1 << 62), 0))", DIED, "shape"),
    _raw("a dtype that does not exist", "answer(tensor(200, (1,), 4), b'xxxx')", DIED, "header"),
    _raw("sixty axes", "answer(tensor(0, (1,) * 60, 4), b'xxxx')", DIED, "header"),
    _raw("bytes that no tensor claims", "say([0, ANSWER, 1, [0], [0]], b'x' * 100)", DIED, "left over"),
    _raw(
        "bools that are neither",
        "answer(tensor(12, (4,), 4), b'\\x02\\xff\\x00\\x01')",
        VALUE,
        "True, +True, False, +True",
    ),
    _raw("a pickle", "say(b'\\x80\\x04\\x95cos\\nsystem\\n(S\"id\"\\ntR.')", DIED, "protocol"),
    _raw("an unknown extension", "answer(EXT(99, b'x'))", DIED, "unknown kind"),
    _raw("a timestamp", "answer(msgpack.Timestamp(1))", DIED, "never crosses"),
    _raw("an integer of a megabyte", "answer(EXT(BIG_INT, b'\\xff' * 1_000_000))", DIED, "protocol"),
    _raw("a callback from the student", "answer(EXT(CALLBACK, struct.pack('<Q', 0) + b'f'))", DIED, "no models"),
    _raw("two hundred thousand keys", "answer([2] + [1] * 90_000)", DIED, "keys"),
    _raw("a list as a key", "answer([2, [0, 1], 1])", DIED, "key"),
    _raw("a message that is a number", "say(b'\\x01')", DIED, "not a message"),
    _raw("an empty message", "say([0])", DIED, "not a message"),
    _raw("a second ready", "say([0, READY])", DIED, "out of place"),
    _raw("a report instead of an answer", "say([0, REPORT, [0], [0]])", DIED, "answer is missing"),
    _raw(
        "announcements for ever",
        "while True:\n    push(struct.pack('<II', 3, 0) + msgpack.packb([0, 11]))",
        DIED,
        "out of place",
    ),
    _raw("an answer without its fields", "say([0, ANSWER, 1])", DIED, "answer is missing"),
    _raw("mutations that are no texts", "say([0, ANSWER, 1, [0, 5], [0]])", DIED, "texts"),
    _raw("a message nested in an error", "say([0, ERROR, [0, ERROR, 'x'], 'text', [0], [0]])", DIED, "malformed error"),
    _raw(
        "an error whose frames lie", "say([0, ERROR, 'E', 't', [0, [0, 1, 2, 3, 4, 5]], [0]])", DIED, "malformed error"
    ),
    _raw(
        "an error whose line is negative",
        "say([0, ERROR, 'E', 't', [0, [0, 'f', -5, 'g', 's', None]], [0]])",
        DIED,
        "number",
    ),
    _raw("ask a model that is not there", "say([0, MODEL, 99, 'call', [1], [2]])", DIED, "does not exist"),
    _raw("ask a model in an unknown way", "say([0, MODEL, 0, 'eval', [1], [2]])", DIED, "malformed question"),
    _raw(
        "ask a model with keys that are numbers",
        "say([0, MODEL, 0, 'call', [1], [2, 5, 5]])",
        DIED,
        "malformed question",
    ),
    _raw("a gradient that was never opened", "say([0, MODEL, 0, 'backward', [1, 7, [0]], [2]])", TIMEOUT),
    _raw(
        "ask a model in a way that is an array, which no == can decide",
        "say([0, MODEL, 0, EXT(ARRAY, struct.pack('<BBQI', 0, 1, 2, 8)), [1], [2]], b'x' * 8)",
        DIED,
        "malformed question",
    ),
    _raw(
        "a gradient by something that is no tensor",
        "say([0, MODEL, 0, 'forward', [1, [0, 0], [1, 5]], [2]])",
        DIED,
        "no tensor",
    ),
    _raw(
        "close the line",
        "os.close(3)\ntime.sleep(60)",
        DIED,
        "killed|ended",
    ),
)


def _raw_load(name: str, body: str, sees: str, shows: str = "") -> Attack:
    """The same while the submission is being loaded."""
    return Attack(
        name=f"while loading: {name}", source=f"{RAW}\n{body}\ndef attack(model):\n    return 1", sees=sees, shows=shows
    )


LOADING = (
    _raw_load("an answer instead of a report", "answer(1)", DIED, "could not be loaded.*malformed report"),
    _raw_load("problems that are no list", "say([0, REPORT, [0], 5])", DIED, "malformed report"),
    _raw_load("a problem that is no dict", "say([0, REPORT, [0], [0, 5]])", DIED, "malformed report"),
    _raw_load("a problem of an unknown kind", "say([0, REPORT, [0], [0, [2, 'kind', 'x']]])", DIED, "malformed report"),
    _raw_load(
        "a problem in somebody else's file",
        "say([0, REPORT, [0], [0, [2, 'kind', 'error', 'file', '/etc/passwd']]])",
        DIED,
        "malformed report",
    ),
    _raw_load(
        "a problem without a message",
        "say([0, REPORT, [0], [0, [2, 'kind', 'error', 'file', 'attack.py']]])",
        DIED,
        "malformed report",
    ),
    _raw_load(
        "a problem whose kind is an array",
        "say([0, REPORT, [0], [0, [2, 'kind', EXT(ARRAY, struct.pack('<BBQI', 0, 1, 2, 8))]]], b'x' * 8)",
        DIED,
        "malformed report",
    ),
    _raw_load(
        "a problem whose file is a list",
        "say([0, REPORT, [0], [0, [2, 'kind', 'error', 'file', [0, 1]]]])",
        DIED,
        "malformed report",
    ),
    _raw_load("names that are no texts", "say([0, REPORT, [0, 1, 2], [0]])", DIED, "texts"),
    _raw_load("an announcement that is no number", "say([0, ANNOUNCE, 'x'])", DIED, "number"),
    _raw_load("ask a model that was not lent yet", "say([0, MODEL, 0, 'call', [1], [2]])", DIED, "does not exist"),
    _raw_load(
        "an error instead of a report", "say([0, ERROR, 'E', 'text', [0], [0]])", DIED, "could not be loaded: E: text"
    ),
    _raw_load(
        "a forged report, then the real one",
        "push(struct.pack('<II', 7, 0) + msgpack.packb([0, REPORT, [0], [0]]))",
        DIED,
        "out of place",
    ),
)

VALUES = (
    Attack(
        name="an object that equals everything",
        source=(
            "class E:\n    def __eq__(self, other): return True\n    def __abs__(self): return self\n"
            "    def __sub__(self, other): return self\n    def __lt__(self, other): return True\n"
            "def attack(model):\n    return E()"
        ),
        sees=VALUE,
        shows="^<a E of the submission>$",
    ),
    Attack(
        name="a tensor subclass that always answers True",
        source=(
            "import torch\nclass T(torch.Tensor):\n    @classmethod\n"
            "    def __torch_function__(cls, function, types, args=(), kwargs=None): return True\n"
            "def attack(model):\n    return torch.zeros(3).as_subclass(T)"
        ),
        sees=VALUE,
        shows=r"^tensor\(\[0., 0., 0.\]\)$",
    ),
    Attack(
        name="subclasses of plain types",
        source=(
            "class S(str):\n    def __eq__(self, other): return True\n    __hash__ = str.__hash__\n"
            "class F(float):\n    def __eq__(self, other): return True\n    __hash__ = float.__hash__\n"
            "class L(list):\n    def __iter__(self): raise SystemExit\n    def __len__(self): return 10**9\n"
            "def attack(model):\n    return [S('x'), F(1.5), L([1])]"
        ),
        sees=VALUE,
        shows=r"^\['x', 1.5, \[1\]\]$",
    ),
    Attack(
        name="something that claims to be a tensor",
        source="import torch\nclass C:\n    __class__ = torch.Tensor\ndef attack(model):\n    return C()",
        sees=ERROR,
        shows="cannot be handed over",
    ),
    Attack(
        name="an object with __reduce__",
        source=(
            "import os\nclass R:\n    def __reduce__(self): return os.system, ('id',)\n"
            "def attack(model):\n    return [R()]"
        ),
        sees=VALUE,
        shows=r"^\[<a R of the submission>\]$",
    ),
    Attack(
        name="NaN as a key, many times",
        source="def attack(model):\n    return {float('nan'): i for i in range(100)}",
        sees=VALUE,
        shows="nan: 99",
    ),
    Attack(
        name="a dict of a million keys",
        source="def attack(model):\n    return {i: i for i in range(1_000_000)}",
        sees=ERROR,
        shows="too large",
    ),
    Attack(
        name="a text of two hundred megabytes",
        source="def attack(model):\n    return 'x' * 200_000_000",
        sees=ERROR,
        shows="too much",
    ),
    Attack(
        name="a tensor of 200 MB",
        source="import torch\ndef attack(model):\n    return torch.zeros(50_000_000)",
        sees=ERROR,
        shows="too large",
    ),
    Attack(
        name="a tensor of 4 TB by expand",
        source="import torch\ndef attack(model):\n    return torch.ones(1).expand(10**12)",
        sees=ERROR,
        shows="too large",
    ),
    Attack(
        name="a list that holds itself",
        source="def attack(model):\n    own = []\n    own.append(own)\n    return own",
        sees=ERROR,
        shows="deep",
    ),
    Attack(
        name="endless recursion",
        source="def attack(model):\n    return attack(model)",
        sees=ERROR,
        shows="RecursionError",
    ),
    Attack(
        name="an exception whose text exits",
        source=("class E(Exception):\n    def __str__(self): raise SystemExit\ndef attack(model):\n    raise E"),
        sees=ERROR,
        shows="cannot be shown",
    ),
    Attack(
        name="an exception with an evil name and metaclass",
        source=(
            "class M(type):\n    @property\n    def __name__(cls): raise KeyboardInterrupt\n"
            "class E(Exception, metaclass=M): pass\ndef attack(model):\n    raise E"
        ),
        sees=ERROR,
        shows="",
    ),
    Attack(
        name="StopIteration",
        source="def attack(model):\n    raise StopIteration",
        sees=ERROR,
        shows="StopIteration",
    ),
    Attack(
        name="SystemExit in a call",
        source="def attack(model):\n    raise SystemExit(0)",
        sees=ERROR,
        shows="SystemExit",
    ),
    Attack(
        name="KeyboardInterrupt in a call",
        source="def attack(model):\n    raise KeyboardInterrupt",
        sees=ERROR,
        shows="KeyboardInterrupt",
    ),
    Attack(
        name="an exception of a megabyte of escapes",
        source="def attack(model):\n    raise ValueError('\\x1b[2J\\u202e\\ud800' * 100_000)",
        sees=ERROR,
        shows="\ufffd",
    ),
    Attack(
        name="escapes in a returned text",
        source="def attack(model):\n    return '\\x1b]0;owned\\x07\\u202eabc'",
        sees=VALUE,
        shows="^'\ufffd]0;owned\ufffd\ufffdabc'$",
    ),
)

LIES = FRAMES + LOADING + VALUES
