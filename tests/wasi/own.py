"""Guests of our own: what wasi-testsuite does not ask.

SPDX-License-Identifier: Apache-2.0
"""
import ctypes
import fcntl
import os
import pathlib
import pty
import shutil
import subprocess
import threading

import suite

GUESTS = pathlib.Path(__file__).resolve().parent / "guests"
COMPILER = "clang-19"
TIMEOUT_CODE = 124  # of proa run --timeout
RENAME_EXCHANGE = 2
AT_FDCWD = -100


def build(folder):
    """Every guest that this machine can build: name -> module."""
    modules = {}
    for source in sorted(GUESTS.iterdir()):
        wasm = pathlib.Path(folder) / f"{source.stem}.wasm"
        if source.suffix == ".c" and shutil.which(COMPILER):
            command = [COMPILER, "--target=wasm32-wasi", "-O1", source, "-o", wasm]
        elif source.suffix == ".wat" and shutil.which("wat2wasm"):
            command = ["wat2wasm", source, "-o", wasm]
        else:
            continue
        subprocess.run(command, check=True)
        modules[source.stem] = wasm
    return modules


def proa(wasm, *args, options=()):
    return [str(word) for word in (suite.PROA, "run", "-O0", *options, wasm, *args)]


def judge(counts, name, why):
    if why is None:
        counts.ok(name)
    else:
        counts.fail(name, why)


def world_make(base):
    """A guest's folder, a folder beside it, and links from one to the other."""
    inside, outside = base / "in", base / "out"
    for folder in (inside, inside / "dir", inside / "race", outside, outside / "folder"):
        folder.mkdir()
    for path, text in ((inside / "file", "mine"), (inside / "race/file", "mine"),
                       (outside / "file", "secret")):
        path.write_text(text)
    for name, target in (("link_up", ".."), ("link_out", "../out"), ("link_absolute", outside),
                         ("link_chain", "dir/link_chain_2"), ("dir/link_chain_2", "../link_out"),
                         ("link_root", "/"), ("race_link", "../out")):
        (inside / name).symlink_to(target)
    return inside, outside


def exchange(first, second, is_over):
    """Swap two names, again and again: one is a folder, one leads out."""
    libc = ctypes.CDLL(None, use_errno=True)
    names = os.fsencode(first), os.fsencode(second)
    while not is_over.is_set():
        if libc.renameat2(AT_FDCWD, names[0], AT_FDCWD, names[1], RENAME_EXCHANGE) != 0:
            raise OSError(ctypes.get_errno(), "renameat2")


def check_escape(wasm, folder):
    base = pathlib.Path(folder) / "world"
    base.mkdir()
    inside, outside = world_make(base)
    is_over = threading.Event()
    swapper = threading.Thread(target=exchange,
                               args=(inside / "race", inside / "race_link", is_over))
    swapper.start()
    try:
        code, out, err = suite.run(proa(wasm, options=("--dir", f"{inside}::/")))
    finally:
        is_over.set()
        swapper.join()
    if code != 0 or out != b"0 escapes\n":
        return f"exit code {code}: {suite.tail(out)} {suite.tail(err)}"
    left = sorted(path.name for path in outside.iterdir())
    if left != ["file", "folder"] or (outside / "file").read_text() != "secret":
        return f"outside there is now {left}"
    return None


def check_unstable(wasm, folder):
    root = pathlib.Path(folder) / "root"
    root.mkdir()
    (root / "ten bytes!").write_text("0123456789")
    code, out, err = suite.run(proa(wasm, options=("--dir", f"{root}::/")))
    if code != 0 or out != b"unstable\n":
        return f"exit code {code}: {suite.tail(err)}"
    return None


def check_block(wasm, how):
    """A guest that waits for ever ends at its time-out."""
    with subprocess.Popen(proa(wasm, how, options=("--timeout", "100ms")), stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        try:
            code = process.wait(suite.RUN_SECONDS_MAX / 10)
        except subprocess.TimeoutExpired:
            process.kill()
            return "its time-out did not end it"
    return None if code == TIMEOUT_CODE else f"exit code {code}, expected {TIMEOUT_CODE}"


def check_stdio(wasm, redirections, expected):
    """Standard streams as the shell leaves them."""
    code = subprocess.run(["sh", "-c", f'exec "$@" {redirections}', "sh", *proa(wasm)],
                          check=False).returncode
    return None if code == expected else f"exit code {code}, expected {expected}"


def check_terminal(wasm):
    master, slave = pty.openpty()
    try:
        code = subprocess.run(proa(wasm), stdin=slave, stdout=slave, stderr=slave,
                              check=False).returncode
    finally:
        os.close(slave)
        os.close(master)
    return None if code == 0b101010 else f"exit code {code}, expected {0b101010}"


def check_broken_pipe(wasm):
    reader, writer = os.pipe()
    os.close(reader)
    code = subprocess.run(proa(wasm, "write"), stdout=writer, check=False).returncode
    os.close(writer)
    return None if code == 64 else f"exit code {code}, expected the guest's EPIPE, 64"


def check_flags_stay(wasm):
    """What a guest does to its streams' flags is its own affair."""
    reader, writer = os.pipe()
    before = fcntl.fcntl(reader, fcntl.F_GETFL)
    process = subprocess.run(proa(wasm, "nonblock"), stdin=reader, check=False)
    after = fcntl.fcntl(reader, fcntl.F_GETFL)
    os.close(reader)
    os.close(writer)
    if process.returncode != 6:
        return f"exit code {process.returncode}, expected the guest's EAGAIN, 6"
    return None if before == after else f"flags {before:#x} became {after:#x}"


STDIO = [
    ("closed", "<&- >&- 2>&-", 0),
    ("stdin closed", "<&- >/dev/null 2>/dev/null", 0b010100),
    ("stdout closed", "</dev/null >&- 2>/dev/null", 0b010001),
    ("a folder as stdin", "</ >/dev/null 2>/dev/null", 0b010101),
]


def run(counts, folder, wanted):
    modules = build(folder)
    cases = [("escape", "escape", lambda wasm: check_escape(wasm, folder)),
             ("wasi_unstable", "unstable", lambda wasm: check_unstable(wasm, folder)),
             ("terminal", "stdio", check_terminal),
             ("broken pipe", "stdio", check_broken_pipe),
             ("flags of stdin stay", "stdio", check_flags_stay)]
    cases += [(f"timeout ends {how}", "block", lambda wasm, how=how: check_block(wasm, how))
              for how in ("read", "write", "poll", "sleep")]
    cases += [(f"stdio: {name}", "stdio",
               lambda wasm, words=words, code=code: check_stdio(wasm, words, code))
              for name, words, code in STDIO]
    for name, module, check in cases:
        full = f"own/{name}"
        if wanted and not any(word in full for word in wanted):
            continue
        if module not in modules:
            counts.skip(full, f"{COMPILER} or wat2wasm is not installed")
        else:
            judge(counts, full, check(modules[module]))
