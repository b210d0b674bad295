"""Raw samples: one file a run, written whole or not at all.

SPDX-License-Identifier: Apache-2.0
"""
import gzip
import json
import os
import pathlib

SUFFIX = ".json.gz"


class Store:
    """A folder of runs, of one plan."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)

    def prepare(self, about):
        """Take the folder for runs of this plan; False when it holds another's."""
        path = self.folder / "plan.json"
        self.folder.mkdir(parents=True, exist_ok=True)
        if path.exists():
            return json.loads(path.read_text())["fingerprint"] == about["fingerprint"]
        self.write_text("plan.json", json.dumps(about, indent=1) + "\n")
        return True

    def plan(self):
        return json.loads((self.folder / "plan.json").read_text())

    def write_text(self, name, text):
        path = self.folder / name
        fresh = path.with_name(path.name + ".new")
        fresh.write_text(text)
        os.replace(fresh, path)

    def has(self, name):
        return (self.folder / (name + SUFFIX)).exists()

    def write(self, name, run):
        path = self.folder / (name + SUFFIX)
        fresh = path.with_name(path.name + ".new")
        # No time in the head: the same run is the same file.
        with open(fresh, "wb") as raw, gzip.GzipFile("", "wb", 6, raw, 0) as packed:
            packed.write(json.dumps(run, separators=(",", ":")).encode())
        os.replace(fresh, path)

    def read(self, name):
        with gzip.open(self.folder / (name + SUFFIX)) as packed:
            return json.loads(packed.read())

    def runs(self):
        """Every run, in order of name; what cannot be read is a run with a mark."""
        for path in sorted(self.folder.glob("*" + SUFFIX)):
            name = path.name[:-len(SUFFIX)]
            try:
                yield name, self.read(name)
            except (OSError, ValueError, EOFError) as why:
                yield name, {"name": name, "marks": [f"unreadable: {why}"], "samples": []}
