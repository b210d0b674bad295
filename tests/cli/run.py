#!/usr/bin/env python3
"""Golden files for the commands: each case runs a shell script in a folder of
its own and compares what it prints, what it says and how it ends.

    usage: run.py PROA FILE.txt [NAME]

A file is a list of cases:

    === what the case shows
    --- file NAME            a file of the case, up to the next mark
    --- hex NAME             the same, as hexadecimal digits
    --- needs THING          user: root, to become another user; mount: private
                             mounts; rlimit: a build whose memory can be limited;
                             skipped, with a reason, where it is not there
    --- cache own            a cache of the case's own, at first absent
    --- run                  the script; `proa` is the one under test, $AS_OTHER
                             runs a command as another user, $SOURCE is our tree
    --- signal NAME TEXT     sent to the script's process once it has printed
                             TEXT; so the script ends with `exec proa ...`
    --- close stdout         close the reading end after the first line
    --- exit N               a code, or the name of a signal; 0 unless given
    --- stdout / stderr      what is expected; {{REGEX}} in a line matches, and
                             what is not given must be empty

SPDX-License-Identifier: Apache-2.0
"""
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading

SECONDS_MAX = 120
OTHER_USER = 65534


class Case:
    def __init__(self, title):
        self.title = title
        self.files = {}
        self.needs = []
        self.own_cache = False
        self.script = None
        self.signal = None
        self.closes_stdout = False
        self.exit = "0"
        self.stdout = ""
        self.stderr = ""

    def mark(self, word, rest, body):
        if word == "file":
            self.files[rest] = body.encode()
        elif word == "hex":
            self.files[rest] = bytes.fromhex(body)
        elif word == "needs":
            self.needs.append(rest)
        elif word == "cache":
            self.own_cache = True
        elif word == "run":
            self.script = body
        elif word == "signal":
            name, _, text = rest.partition(" ")
            self.signal = (getattr(signal, name), text)
        elif word == "close":
            self.closes_stdout = True
        elif word == "exit":
            self.exit = rest
        elif word in ("stdout", "stderr"):
            setattr(self, word, body)
        else:
            sys.exit(f"unknown mark: {word}")


def parse(path):
    cases = []
    mark, body = None, []

    def close():
        if mark and cases:
            word, _, rest = mark.partition(" ")
            cases[-1].mark(word, rest, "".join(body))

    for line in path.read_text().splitlines(keepends=True):
        if line.startswith("=== "):
            close()
            cases.append(Case(line[4:].strip()))
            mark, body = None, []
        elif line.startswith("--- "):
            close()
            mark, body = line[4:].strip(), []
        else:
            body.append(line)
    close()
    return cases


def pattern(expected):
    """An expected text as a regular expression."""
    parts = re.split(r"\{\{(.*?)\}\}", expected)
    return "".join(part if i % 2 else re.escape(part) for i, part in enumerate(parts))


def trimmed(text):
    """Empty lines between cases are for the eye."""
    return text.rstrip("\n") + "\n" if text.strip() else ""


def matches(expected, actual):
    return re.fullmatch(pattern(trimmed(expected)), trimmed(actual)) is not None


def is_sanitized(proa):
    return b"__asan_init" in proa.read_bytes()


def can_mount():
    return shutil.which("unshare") is not None and subprocess.run(
        ["unshare", "-m", "true"], capture_output=True).returncode == 0


def missing(case, proa):
    """Why the case cannot be run here, or None."""
    for need in case.needs:
        if need == "user" and os.geteuid() != 0:
            return "only root can become another user"
        if need == "mount" and not can_mount():
            return "private mounts are not allowed here"
        if need == "rlimit" and is_sanitized(proa):
            return "a sanitizer's memory cannot be limited"
    return None


def exit_name(code):
    return str(code) if code >= 0 else signal.Signals(-code).name


class Output:
    """Reads a stream to its end in a thread, so that nothing blocks."""

    def __init__(self, stream, wanted=None, stops=False):
        self.bytes = b""
        self.seen = threading.Event()
        self.thread = threading.Thread(target=self.read, args=(stream, wanted, stops))
        self.thread.start()

    def read(self, stream, wanted, stops):
        while chunk := os.read(stream.fileno(), 65536):
            self.bytes += chunk
            if wanted is not None and wanted in self.bytes:
                self.seen.set()
            if stops:
                break
        stream.close()
        self.seen.set()

    def text(self):
        self.thread.join(SECONDS_MAX)
        return self.bytes.decode(errors="replace")


def execute(case, folder, environment):
    process = subprocess.Popen(["sh", "-c", case.script], cwd=folder, env=environment,
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, start_new_session=True)
    wanted = case.signal[1].encode() if case.signal else None
    out = Output(process.stdout, wanted, case.closes_stdout)
    err = Output(process.stderr)
    try:
        if case.signal:
            out.seen.wait(SECONDS_MAX)
            process.send_signal(case.signal[0])
        code = process.wait(SECONDS_MAX)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return "no end", out.text(), err.text()
    result = exit_name(code), out.text(), err.text()
    end_group(process.pid)
    return result


def end_group(group):
    """What a script left behind does not outlive it."""
    try:
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        pass


def run(case, proa, shared_cache):
    folder = pathlib.Path(tempfile.mkdtemp(prefix="proa-cli-"))
    try:
        folder.chmod(0o755)
        for name, content in case.files.items():
            (folder / name).write_bytes(content)
        environment = {
            **{k: v for k, v in os.environ.items() if k.endswith("SAN_OPTIONS")},
            "PATH": f"{proa.parent}:{os.environ['PATH']}",
            "HOME": str(folder),
            "LC_ALL": "C",
            "SOURCE": str(pathlib.Path(__file__).resolve().parents[2]),
            "AS_OTHER": f"setpriv --reuid {OTHER_USER} --regid {OTHER_USER} --clear-groups",
            "PROA_CACHE_DIR": str(folder / "cache" if case.own_cache else shared_cache),
        }
        return execute(case, folder, environment)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def differences(case, result):
    code, out, err = result
    if code != case.exit:
        yield f"exit {code}, expected {case.exit}"
    for name, expected, actual in (("stdout", case.stdout, out), ("stderr", case.stderr, err)):
        if not matches(expected, actual):
            yield f"{name} is:\n{trimmed(actual)}expected:\n{trimmed(expected)}"
    if "Sanitizer" in err:
        yield "a sanitizer spoke"


def main():
    proa = pathlib.Path(sys.argv[1]).resolve()
    cases = [c for c in parse(pathlib.Path(sys.argv[2]))
             if len(sys.argv) < 4 or sys.argv[3] in c.title]
    failed = skipped = 0
    with tempfile.TemporaryDirectory(prefix="proa-cli-cache-") as shared_cache:
        for case in cases:
            why = missing(case, proa)
            if why is not None:
                skipped += 1
                print(f"skip {case.title}: {why}")
                continue
            found = list(differences(case, run(case, proa, shared_cache)))
            failed += bool(found)
            print(f"{'FAIL' if found else 'ok  '} {case.title}")
            for difference in found:
                print("    " + difference.replace("\n", "\n    "))
    print(f"{len(cases) - failed - skipped} passed, {failed} failed, {skipped} skipped")
    return 1 if failed or not cases else 0


if __name__ == "__main__":
    sys.exit(main())
