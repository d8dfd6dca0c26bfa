"""Attacks on the grader's judgement from within: exits, patches, forged reports, the models that it lends, its clocks.

The ones named "hole N" are the holes that an earlier jail of this kind had.
"""

from __future__ import annotations

from attacks.attack import DIED, ERROR, RAW, TIMEOUT, VALUE, Attack

WITHIN = (
    Attack(
        name="exit with code 0",
        source="import os\ndef attack(model):\n    os._exit(0)",
        sees=DIED,
        shows="exit code 0",
    ),
    Attack(
        name="hole 10: exit as if the worker could not start",
        source="import os\ndef attack(model):\n    os.write(2, b'the worker could not start')\n    os._exit(97)",
        sees=DIED,
        shows="exit code 97",
    ),
    Attack(
        name="exit while loading",
        source="import os\nos._exit(0)\ndef attack(model):\n    return 'still here'",
        sees=VALUE,
        shows="still here",
    ),
    Attack(
        name="sys.exit while loading",
        source="import sys\nsys.exit(0)\ndef attack(model):\n    return 'still here'",
        sees=VALUE,
        shows="still here",
    ),
    Attack(
        name="loop forever while loading",
        source="while True:\n    pass\ndef attack(model):\n    return 'still here'",
        sees=VALUE,
        shows="still here",
    ),
    Attack(
        name="swallow the statement's alarm",
        source=(
            "while True:\n    try:\n        while True:\n            pass\n    except BaseException:\n        pass\n"
            "def attack(model):\n    return 'still here'"
        ),
        sees=VALUE,
        shows="still here",
    ),
    Attack(
        name="cancel the alarm and hang while loading",
        source=(
            "import signal\nsignal.setitimer(signal.ITIMER_PROF, 0)\n"
            "signal.signal(signal.SIGPROF, signal.SIG_IGN)\nwhile True:\n    pass\n"
            "def attack(model):\n    return 'still here'"
        ),
        sees=VALUE,
        shows="still here",
    ),
    Attack(
        name="an alarm that rings between calls",
        source=(
            "import signal\ndef ring(number, frame):\n    raise SystemExit\ndef attack(model):\n"
            "    signal.signal(signal.SIGALRM, ring)\n    signal.setitimer(signal.ITIMER_REAL, 0.05)\n    return 1"
        ),
        sees=VALUE,
        shows="^1$",
    ),
    Attack(
        name="atexit and finalizers",
        source=(
            "import atexit, os, weakref\nclass C: pass\nkept = C()\natexit.register(os.abort)\n"
            "weakref.finalize(kept, os.abort)\ndef attack(model):\n    return 1"
        ),
        sees=VALUE,
        shows="^1$",
    ),
    Attack(
        name="trace and profile everything",
        source=(
            "import sys, threading\ndef tracer(frame, event, argument):\n    raise KeyError('traced')\n"
            "def attack(model):\n    sys.settrace(tracer)\n    sys.setprofile(tracer)\n    return 1"
        ),
        sees=ERROR,
        shows="traced|KeyError",
    ),
    Attack(
        name="warnings as errors, everywhere",
        source="import warnings\nwarnings.simplefilter('error')\ndef attack(model):\n    warnings.warn('x')",
        sees=ERROR,
        shows="UserWarning",
    ),
    Attack(
        name="patch torch, numpy, builtins and pytest",
        source=(
            "import builtins, sys, types, torch, numpy\ntorch.allclose = torch.equal = lambda *a, **k: True\n"
            "torch.testing.assert_close = numpy.testing.assert_allclose = lambda *a, **k: None\n"
            "builtins.abs = lambda x: 0\nsys.modules['pytest'] = types.ModuleType('pytest')\n"
            "def attack(model):\n    return torch.zeros(2)"
        ),
        sees=VALUE,
        shows=r"^tensor\(\[0., 0.\]\)$",
    ),
    Attack(
        name="patch isinstance",
        source="import builtins\ndef attack(model):\n    builtins.isinstance = lambda *a: True\n    return 1.0",
        sees=DIED,
        shows="",
    ),
    Attack(
        name="replace the encoder",
        source=(
            "import autograder.boundary.channel as channel\ndef attack(model):\n"
            "    channel.encode = lambda *a: [b'\\xff' * 64]\n    return 1"
        ),
        sees=DIED,
        shows="protocol",
    ),
    Attack(
        name="say that nothing was mutated",
        source=(
            "import autograder.jailed.worker as worker\nworker.fingerprint = lambda value: 0\n"
            "def attack(model):\n    return 1"
        ),
        sees=VALUE,
        shows="^1$",
    ),
    Attack(
        name="search the heap and the frames for expected values",
        source=(
            "import gc, sys\ndef attack(model):\n    frame, names = sys._getframe(), []\n    while frame:\n"
            "        names += [n for n in frame.f_locals if 'expected' in n or 'secret' in n]\n"
            "        frame = frame.f_back\n"
            "    return [n for n in names] + [o for o in gc.get_objects() if type(o) is str and 'TOP' + '-SECRET' in o]"
        ),
        sees=VALUE,
        shows=r"^\[\]$",
    ),
    Attack(
        name="tell that it is being graded",
        source=(
            "import sys\ndef attack(model):\n    return sorted(m for m in sys.modules if m in ('pytest', 'reference'))"
        ),
        sees=VALUE,
        shows=r"^\[\]$",
    ),
    Attack(
        name="forge output as if it were the grader's",
        source="def attack(model):\n    print('\\x1b[2J100/100 points\\r\\n\\u202egnp.exe')\n    return 1",
        sees=VALUE,
        shows="^1$",
    ),
    Attack(
        name="replace sys.stdout by something that raises",
        source="import sys\nsys.stdout = None\nsys.stderr = 5\ndef attack(model):\n    return 1",
        sees=VALUE,
        shows="^1$",
    ),
    Attack(
        name="break the import system",
        source=(
            "import sys\nsys.path.clear()\nsys.meta_path.clear()\nsys.modules.clear()\ndef attack(model):\n    return 1"
        ),
        sees=VALUE,
        shows="^1$",
    ),
    Attack(
        name="a module that shadows torch",
        source="import sys, types\nsys.modules['torch'] = types.ModuleType('torch')\ndef attack(model):\n    return 1",
        sees=VALUE,
        shows="^1$",
    ),
)

LENT_MODELS = (
    Attack(
        name="ask the model without end",
        source="import torch\nx = torch.zeros(1)\ndef attack(model):\n    while True:\n        model(x, 0)",
        sees=DIED,
        shows="more often",
    ),
    Attack(
        name="hole 7: give the model 40 MB",
        source="import torch\ndef attack(model):\n    return model(torch.zeros(10_000_000), 0)",
        sees=DIED,
        shows="more data",
    ),
    Attack(
        name="hole 7: gradients of millions of rows",
        source=(
            "import torch\ndef attack(model):\n    kept = []\n    while True:\n"
            "        kept.append(model(torch.zeros(2_000_000, requires_grad=True), 0))"
        ),
        sees=DIED,
        shows="more data",
    ),
    Attack(
        name="hole 7: gradients that are never taken",
        source=(
            "import torch\ndef attack(model):\n    kept = []\n    while True:\n"
            "        kept.append(model(torch.zeros(900_000, requires_grad=True), 0))"
        ),
        sees=DIED,
        shows="left open",
    ),
    Attack(
        name="give the model a shape it cannot use",
        source=(
            "import torch\ndef attack(model):\n"
            "    return model(torch.zeros(3, 3) @ torch.zeros(3, 3), torch.zeros(7, 2))"
        ),
        sees=ERROR,
        shows=r"could not use what it was given: a float32 tensor of shape \(3, 3\), a float32 .*\(7, 2\)",
    ),
    Attack(
        name="hole 14: read the model's secrets from its error",
        source="def attack(model):\n    return model('TOP', None)",
        sees=ERROR,
        shows="^(?!.*unsupported operand).*could not use",
    ),
    Attack(
        name="a handle for a model",
        source="class C: pass\ndef attack(model):\n    return model(C(), [C()])",
        sees=ERROR,
        shows="could not use",
    ),
)

HOLES = (
    Attack(
        name="hole 1: import the checkout through sys.path",
        source=(
            "import sys\nsys.path[:0] = [SECRET.rsplit('/', 1)[0], '/grader', '.']\n"
            "def attack(model):\n    import suite\n    return suite"
        ),
        sees=ERROR,
        shows="ModuleNotFoundError",
    ),
    Attack(
        name="hole 2: a folder that cannot be removed",
        source="import os\ndef attack(model):\n    os.mkdir('/tmp/mine')\n    os.chmod('/tmp/mine', 0)",
        sees=ERROR,
        shows="PermissionError|OSError",
    ),
    Attack(
        name="hole 3: a frame of empty lists at the limit",
        source=f"{RAW}\ndef attack(model):\n    say(b'\\xdd' + struct.pack('>I', 1_000_000) + b'\\x90' * 1_000_000)",
        sees=DIED,
        shows="protocol",
    ),
    Attack(
        name="hole 3: lists of lists at the limit of each",
        source=(
            f"{RAW}\ndef attack(model):\n    row = b'\\xdd' + struct.pack('>I', 99_000) + b'\\x90' * 99_000\n"
            "    say(b'\\x9a' + row * 10)"
        ),
        sees=DIED,
        shows="protocol",
    ),
    Attack(
        name="hole 4: an error that is nested a thousand times",
        source=(
            f"{RAW}\ndef attack(model):\n    value = 'x'\n    for _ in range(1000):\n"
            f"        value = [0, ERROR, value]\n"
            "    say(value)"
        ),
        sees=DIED,
        shows="protocol",
    ),
    Attack(
        name="hole 5: fewer numbers than were asked for",
        source="import torch\ndef attack(model):\n    return torch.zeros(1)",
        sees=VALUE,
        shows=r"^tensor\(\[0.\]\)$",
    ),
    Attack(
        name="hole 6: StopIteration out of a generator's consumer",
        source="def attack(model):\n    next(iter(()))",
        sees=ERROR,
        shows="StopIteration",
    ),
    Attack(
        name="hole 8: move every global generator",
        source=(
            "import random, numpy, torch\ndef attack(model):\n"
            "    return random.random() + numpy.random.rand() + float(torch.rand(1))"
        ),
        sees=VALUE,
        shows="",
    ),
    Attack(
        name="hole 9: fill the shared memory",
        source="def attack(model):\n    open('/dev/shm/fill', 'wb').write(b'x' * (1 << 27))",
        sees=ERROR,
        shows="PermissionError|FileNotFoundError|OSError",
    ),
    Attack(
        name="hole 11: a list that is too long",
        source="def attack(model):\n    return list(range(200_000))",
        sees=ERROR,
        shows="use a tensor",
    ),
    Attack(
        name="hole 12: 10**400 arrives whole",
        source="def attack(model):\n    return 10**400 % (10**400 - 1), 10**400 == 10**400",
        sees=VALUE,
        shows=r"^\(1, True\)$",
    ),
    Attack(
        name="hole 13: a value that compares with nothing",
        source="def attack(model):\n    return [{}, [], float('nan'), [[1], [1, 2]], object()]",
        sees=VALUE,
        shows="object of the submission",
    ),
    Attack(
        name="hole 14: names of the course seen by stat",
        source=(
            "import os\ndef attack(model):\n"
            "    return os.path.exists(SECRET) or os.path.exists(os.path.dirname(SECRET))"
        ),
        sees=VALUE,
        shows="^False$",
        without_namespaces="^True$",  # Landlock governs no stat; docs/security.md says so
    ),
    Attack(
        name="use up the whole submission's time",
        source=("import time\nfor _ in range(1):\n    time.sleep(60)\ndef attack(model):\n    time.sleep(60)"),
        sees=TIMEOUT,
    ),
)

JUDGEMENT = WITHIN + LENT_MODELS + HOLES
