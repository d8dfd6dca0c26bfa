"""An autograder that never lets a submission decide its own grade.

Rooms, named by the thing that is in them; an import may only point down this list:

    nbgrader_plugin         what a course's nbgrader_config.py names
    cli                     one module for each command; `tables` for the terminal, `nbgrader` for nbgrader's commands
    validation | server     suites put to the test: known submissions, misconceptions, mutants | `grade serve`
    runs                    one run of `grade`: record, compare, lock
    executors               where jobs run: processes here, a Dask cluster
    grading                 the processes that judge
    gradebook               nbgrader's gradebook.db
    release | student       notebooks and bundle | the facade of a student's notebook
    selfcheck               `grade check`
    verdicts | sandbox | pages | lms
    suite | submissions     what a suite is written with | submissions as files
    results                 result.json, history, disclosure
    course                  course.yml, roster, overrides, the course's own modules
    marks                   how a mark is made of checks, lateness and what people gave
    scoring | boundary | reading   the arithmetic of marks | what both sides of the trust boundary read
    records, errors         frozen data, the tree of errors

`reading` makes Python statements of a hand-in's bytes. `jailed` runs beside hostile code: it imports `boundary`,
`reading` and nothing else of ours, and nobody imports it. `output` holds old names of courses. import-linter holds all
of this. Nothing here knows what the course teaches.
"""

__version__ = "0.1.0"
