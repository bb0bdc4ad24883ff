"""
Runs a program that cannot read the files of a folder, and neither can anything that it starts, whatever it does:
`without-secrets.py FOLDER PROGRAM ARGUMENT…`. `--check` alone says by its code whether the kernel can do that.

The files belong to the user that all run as, so no mode keeps them from him. Landlock does (Linux 5.19): of a process that has
taken it on, and of its children, the kernel refuses to open for reading what lies nowhere that was named here. What was named is all
but the folder.

The environment of the program comes as a JSON object on standard input: in that of this process, which anything of the same user
could read until it has become the other program, it would be a secret that is no more.

https://docs.kernel.org/userspace-api/landlock.html; the numbers are those of linux/landlock.h, the same on all machines.
"""

import ctypes
import json
import os
import stat
import sys

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
ASK_VERSION = 1
PATH_BENEATH = 1
READ_FILE = 1 << 2
REFER = 1 << 13  # to move a file to another folder: refused wherever it is not named
FIRST_WITH_REFER = 2
NO_NEW_PRIVILEGES = 38
DUMPABLE = 4  # whether others of the same user may look into this process

libc = ctypes.CDLL(None, use_errno=True)


class PathBeneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = [("allowed", ctypes.c_uint64), ("folder", ctypes.c_int32)]


def call(number, *arguments):
    result = libc.syscall(number, *arguments)
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


def is_possible():
    try:
        return call(CREATE_RULESET, None, 0, ASK_VERSION) >= FIRST_WITH_REFER
    except OSError:
        return False


def beside(path):
    """What lies in the folders on the way to `path`, without the way itself."""
    folder, name = os.path.split(path)
    names = [os.path.join(folder, one) for one in os.listdir(folder) if one != name]
    return names if folder == "/" else beside(folder) + names


def close(folder):
    handled = ctypes.c_uint64(READ_FILE | REFER)
    rules = call(CREATE_RULESET, ctypes.byref(handled), ctypes.sizeof(handled), 0)
    for path in beside(os.path.realpath(folder)):
        opened = os.open(path, os.O_PATH | os.O_CLOEXEC | os.O_NOFOLLOW)
        mode = os.fstat(opened).st_mode
        if not stat.S_ISLNK(mode):
            allowed = READ_FILE | REFER if stat.S_ISDIR(mode) else READ_FILE
            call(ADD_RULE, rules, PATH_BENEATH, ctypes.byref(PathBeneath(allowed, opened)), 0)
        os.close(opened)
    libc.prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    call(RESTRICT_SELF, rules, 0)
    os.close(rules)


if sys.argv[1] == "--check":
    sys.exit(0 if is_possible() else 1)
libc.prctl(DUMPABLE, 0, 0, 0, 0)
environment = json.load(sys.stdin)
os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
close(sys.argv[1])
os.execve(sys.argv[2], sys.argv[2:], environment)
