#!/usr/bin/env bash
# Guess: importing nbformat costs a tenth of a second, most of it for JSON schemas; what JupyterLab is installed with
#   changes nothing in it
# Seen: beside nbclient alone (nbformat installed plain) no parser generator is loaded. Once jupyter-events is there
#   (JupyterLab and nbgrader need it; it asks for jsonschema[format-nongpl]), each import of nbformat builds a Lark
#   parser for RFC 3987 from its grammar, for a format that no notebook uses: over half of the import's time
#   (1.6 of 1.8 CPU seconds on one machine), in each process that reads a notebook
# With: nbformat 5.11.1, jsonschema 4.26.0, rfc3987-syntax 1.1.0, lark 1.3.1, jupyter-events 0.12.1, Python 3.11,
#   2026-11-30
# Matters: graders that start a process for each notebook pay it each time
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet nbformat==5.11.1 jsonschema==4.26.0
cd "$work"
cat > look.py <<'PY'
import sys
import time

started = time.process_time()
import nbformat  # noqa: F401

whole = time.process_time() - started
loaded = {"lark", "rfc3987_syntax"} & sys.modules.keys()
if sys.argv[1:]:
    import lark

    grammar = sys.modules["rfc3987_syntax.syntax_helpers"]
    built = [value for value in vars(grammar).values() if isinstance(value, lark.Lark)]
    print(sorted(loaded), len(built) > 0, whole > 2 * float(sys.argv[1]))
else:
    print(sorted(loaded))
    print(whole, file=sys.stderr)
PY
venv/bin/python look.py > /dev/null 2>&1  # compiles what is imported
plain=$(venv/bin/python look.py 2> cost)
"$work/venv/bin/pip" install --quiet jupyter-events==0.12.1 rfc3987-syntax==1.1.0 lark==1.3.1
beside=$(venv/bin/python look.py 0 > /dev/null && venv/bin/python look.py "$(cat cost)")
if [ "$plain" != "[]" ] || [ "$beside" != "['lark', 'rfc3987_syntax'] True True" ]; then
  echo "changed: $plain; $beside"
  exit 1
fi
echo "as stated"
