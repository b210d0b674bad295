"""JSON, regular expressions, hashing, files, numbers: the same everywhere."""
import base64
import collections
import csv
import decimal
import fractions
import hashlib
import heapq
import io
import itertools
import json
import os
import random
import re
import struct
import sys
import textwrap
import zlib

folder = sys.argv[1]


def text_of(lines):
    words = ["reef", "keel", "mast", "sail", "hull", "rope", "tide", "wind"]
    generator = random.Random(42)
    return "\n".join(" ".join(generator.choice(words) + str(generator.randrange(100))
                              for _ in range(12)) for _ in range(lines))


def show_json():
    value = {"name": "pröa ⛵", "list": [1, 2.5, -3e10, None, True],
             "deep": {"a": {"b": {"c": [[]]}}}, "text": "tab\t\"quote\" \u0001"}
    packed = json.dumps(value, sort_keys=True)
    print(packed)
    print(json.dumps(json.loads(packed), indent=2, ensure_ascii=False, sort_keys=True))
    big = [{"id": i, "square": i * i, "name": f"item {i}"} for i in range(5000)]
    print(len(json.dumps(big)), json.loads(json.dumps(big)) == big)
    try:
        json.loads('{"a": [1, 2,}')
    except json.JSONDecodeError as error:
        print(error)


def show_regex():
    text = text_of(400)
    found = collections.Counter(re.findall(r"\b([a-z]+)(?=\d*7\b)", text))
    print(sorted(found.items()))
    print(re.sub(r"(?P<word>[aeiou])(\d)", r"\2\g<word>", text)[:120])
    pattern = re.compile(r"^(\d{4})-(0[1-9]|1[0-2])-([0-2]\d|3[01])$")
    for date in ("2024-02-29", "2024-13-01", "1999-12-31"):
        match = pattern.match(date)
        print(date, match.groups() if match else None)


def show_hashes():
    data = text_of(2000).encode()
    for name in ("md5", "sha1", "sha256", "sha512", "sha3_256", "blake2b"):
        print(name, hashlib.new(name, data).hexdigest())
    print("crc32", zlib.crc32(data), "adler32", zlib.adler32(data))
    packed = zlib.compress(data, 9)
    print("zlib", zlib.decompress(packed) == data, len(packed) < len(data) // 2)
    print(base64.b85encode(hashlib.sha256(data).digest()).decode())


def show_files():
    path = os.path.join(folder, "made")
    os.makedirs(os.path.join(path, "a", "b"))
    with open(os.path.join(path, "a", "rows.csv"), "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerows([i, i ** 3, f'row "{i}"'] for i in range(1000))
    with open(os.path.join(path, "a", "rows.csv"), newline="") as file:
        print(sum(int(row[1]) for row in csv.reader(file)))
    with open(os.path.join(path, "binary"), "wb") as file:
        for i in range(500):
            file.write(struct.pack("<IdH", i, i / 7, i & 0xFFFF))
    with open(os.path.join(path, "binary"), "r+b") as file:
        file.seek(14 * 250)
        print(struct.unpack("<IdH", file.read(14)))
        file.seek(-14, os.SEEK_END)
        print(struct.unpack("<IdH", file.read(14)), file.tell())
        file.truncate(140)
    os.rename(os.path.join(path, "binary"), os.path.join(path, "a", "b", "short"))
    for base, folders, files in sorted(os.walk(path)):
        print(os.path.relpath(base, path), sorted(folders), sorted(files))
    print(os.stat(os.path.join(path, "a", "b", "short")).st_size)
    try:
        open(os.path.join(path, "absent"))
    except FileNotFoundError as error:
        print(type(error).__name__, os.path.basename(error.filename))
    os.remove(os.path.join(path, "a", "rows.csv"))
    os.remove(os.path.join(path, "a", "b", "short"))
    for name in ("a/b", "a", "."):
        os.rmdir(os.path.normpath(os.path.join(path, name)))
    print(os.path.exists(path))


def show_numbers():
    decimal.getcontext().prec = 50
    print(decimal.Decimal(2).sqrt(), fractions.Fraction(355, 113) ** 5)
    print(pow(3, 2 ** 61 - 2, 2 ** 61 - 1), len(str(2 ** 10000)))
    print([round(i ** 0.5 * 1e6) for i in range(2, 9)], 0.1 + 0.2, 1e308 * 10, float("nan"))
    primes = [n for n in range(2, 20000) if all(n % d for d in range(2, int(n ** 0.5) + 1))]
    print(len(primes), primes[-1], sum(primes))
    print(heapq.nsmallest(5, itertools.permutations(range(7), 3), key=lambda p: (sum(p), p)))


def show_language():
    class Stack(list):
        def __enter__(self):
            return self

        def __exit__(self, kind, value, trace):
            print("leaving with", kind.__name__ if kind else None)
            return True

    with Stack() as stack:
        stack.append(1)
        stack[5]

    def depth(n):
        return depth(n + 1)

    try:
        depth(0)
    except RecursionError:
        print("recursion is bounded")
    match {"kind": "point", "at": (1, 2)}:
        case {"kind": "point", "at": (x, y)}:
            print(x + y)
    out = io.StringIO()
    print(textwrap.fill(text_of(3), 60), file=out)
    print(out.getvalue().count("\n"), f"{1234567.891:,.2f} {255:#x} {'mid':^9}|")


for show in (show_json, show_regex, show_hashes, show_files, show_numbers, show_language):
    show()
    print("--", show.__name__)
