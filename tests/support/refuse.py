"""Run a command on a machine that refuses: `python refuse.py ERRNO CALL[,CALL...] -- COMMAND...`, by a seccomp filter.

A container's profile is such a filter, too. `namespaces` stands for what Docker's default profile keeps for
administrators: unshare, setns, mount, umount2, and clone with any flag of a new namespace (mask 0x7E020000); clone3
says that it does not exist, so that the C library falls back to clone (read in moby's profiles/seccomp/default.json,
commit 00f3d18). `landlock` stands for its three calls, which engines of before 2022 do not know.
"""

from __future__ import annotations

import ctypes
import os
import struct
import sys

from autograder.jailed import walls

NAMESPACE_FLAGS = 0x7E020000
X86_64, AARCH64 = 0, 1
NUMBERS = {  # x86-64, aarch64
    "namespaces": ((272, 97), (308, 268), (165, 40), (166, 39)),
    "landlock": ((444, 444), (445, 445), (446, 446)),
}


def program(refusal: int, what: list[str], machine: str) -> list[walls.Instruction]:
    """The filter: everything passes but these calls."""
    column = AARCH64 if machine == "aarch64" else X86_64
    load, equal, any_bit, ret = walls._LOAD, walls._EQUAL, walls._ANY_BIT, walls._RETURN
    steps: list[walls.Instruction] = [(load, 0, 0, 0)]
    for numbers in (pair for name in what for pair in NUMBERS[name]):
        steps += [(equal, 0, 1, numbers[column]), (ret, 0, 0, 0x50000 | refusal)]
    if "namespaces" in what:
        steps += [(equal, 0, 1, walls._CLONE3), (ret, 0, 0, walls._ENOSYS)]
        steps += [(equal, 0, 3, walls._CLONE[machine]), (load, 0, 0, walls._ARGUMENTS_OFFSET)]
        steps += [(any_bit, 0, 1, NAMESPACE_FLAGS), (ret, 0, 0, 0x50000 | refusal)]
    return [*steps, (ret, 0, 0, walls._ALLOW)]


def main() -> None:
    """Put the filter up and become the command."""
    refusal, what, _, *command = sys.argv[1:]
    steps = program(int(refusal), what.split(","), os.uname().machine)
    packed = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
    whole = walls._Program(len(steps), ctypes.addressof(packed))
    for request in ((38, 1, 0), (22, 2, ctypes.byref(whole))):
        if walls._libc.prctl(*request, 0, 0) < 0:
            sys.exit("no filter could be put up")
    os.execvp(command[0], command)


if __name__ == "__main__":
    main()
