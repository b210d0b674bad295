"""Whether a server answers as API.md says, with good input and with bad.

The expected answers are made here, independently of every variant.

SPDX-License-Identifier: Apache-2.0
"""
import http.client
import json

ADJECTIVES = "small large red blue quiet heavy plain bright".split()
NOUNS = "lamp chair table clock shelf desk stool frame".split()
TAGS = "new sale used eco wood import gift bulk".split()
ANSWER_SECONDS_MAX = 60
BAD_N = (400, {"error": "n must be a whole number from 0 to 100000"})
BAD_JSON = (400, {"error": "invalid JSON"})
BAD_ITEMS = (422, {"error": "invalid items"})


def item(number):
    x = number * 2654435761 % 2**32
    return {"id": number, "name": ADJECTIVES[x % 8] + " " + NOUNS[x // 8 % 8],
            "price": x // 64 % 1000 + (1 + x // 65536 % 3) * 0.25, "quantity": x // 1048576 % 100,
            "active": x >= 2**31, "tags": [TAGS[x // 16 % 8], TAGS[x // 512 % 8]],
            "note": 'Größe "M", line one\nline two'}


def listed(count):
    return {"count": count, "items": [item(number) for number in range(count)]}


def summary(items):
    return {"count": len(items), "active": sum(one["active"] for one in items),
            "quantity": sum(one["quantity"] for one in items),
            "total": sum(one["price"] * one["quantity"] for one in items),
            "tags": {tag: sum(one["tags"].count(tag) for one in items) for tag in TAGS}}


def encode(value, **how):
    return json.dumps(value, **how).encode()


def body_of(count):
    """What a client POSTs: bytes as GET would answer them."""
    return encode(listed(count), ensure_ascii=False, separators=(",", ":"))


def changed(**members):
    """One good item with some members changed; None takes a member away."""
    one = {**item(7), **members}
    return encode({"items": [item(6), {name: value for name, value in one.items() if value is not ...}]})


def good_cases():
    for count in (0, 1, 2, 66, 690, 7000):
        yield f"GET {count} items", "GET", f"/items?n={count}", None, (200, listed(count))
    yield "GET with another parameter before", "GET", "/items?x=1&n=3", None, (200, listed(3))
    for count in (0, 1, 66, 7000):
        yield f"POST {count} items", "POST", "/items", body_of(count), (200, summary(listed(count)["items"]))
    few = listed(3)["items"]
    yield "POST with spaces and escapes", "POST", "/items", encode({"items": few}, indent=3), (200, summary(few))
    more = [{**one, "extra": {"a": [1, None, {"b": "\\\""}]}} for one in few]
    yield "POST with further members", "POST", "/items", encode({"x": [[]], "items": more}), (200, summary(few))
    edge = [{**few[0], "price": 0, "quantity": 1000000, "tags": [], "note": ""}, {**few[1], "price": 1.5e3}]
    yield "POST of values at their bounds", "POST", "/items", encode({"items": edge}), (200, summary(edge))
    yield "POST without items in it", "POST", "/items", b' {"items": [ ] } \n', (200, summary([]))


def bad_cases():
    for text in ("", "-1", "1.5", "1e3", "abc", "100001", "99999999999", "0x10", "1a", "+1"):
        yield f"GET n={text!r}", "GET", f"/items?n={text.replace('+', '%2B')}", None, BAD_N
    yield "GET without n", "GET", "/items", None, BAD_N
    yield "another path", "GET", "/other", None, (404, {"error": "not found"})
    yield "another method", "PUT", "/items", b"{}", (405, {"error": "method not allowed"})
    for what, text in (("nothing", b""), ("half", b'{"items": ['), ("a word", b"items"), ("a comma", b'{"items": [],}'),
                       ("two values", b'{"items": []} {}'), ("single quotes", b"{'items': []}"),
                       ("a bare control", b'{"items": [], "a": "\x01"}'), ("a bad escape", b'{"items": [], "a": "\\x"}'),
                       ("a leading zero", b'{"items": [], "a": 01}'), ("a point alone", b'{"items": [], "a": 1.}')):
        yield f"POST {what}", "POST", "/items", text, BAD_JSON
    for what, text in (("another member", b'{"things": []}'), ("items as object", b'{"items": {}}'),
                       ("null", b'{"items": [null]}'), ("numbers", b'{"items": [1, 2]}')):
        yield f"POST {what}", "POST", "/items", text, BAD_ITEMS
    for name, values in (("id", (-1, 1.5, "7", ..., 2**32)), ("name", ("", 5, ..., None)), ("price", (-0.5, "1", ...)),
                         ("quantity", (-1, 1000001, 2.5, ...)), ("active", (1, "true", ...)),
                         ("tags", ("new", ["newer"], [1], ..., {})), ("note", (1, ..., False))):
        for value in values:
            said = "missing" if value is ... else json.dumps(value)
            yield f"POST {name} {said}", "POST", "/items", changed(**{name: value}), BAD_ITEMS


def cases():
    yield from good_cases()
    yield from bad_cases()


def ask(connection, method, target, body):
    """(status, type, JSON value or the bytes that are none)"""
    fields = {"Content-Type": "application/json"} if body is not None else {}
    connection.request(method, target, body, fields)
    answer = connection.getresponse()
    data = answer.read()
    try:
        value = json.loads(data)
    except ValueError:
        value = data
    return answer.status, answer.headers.get("Content-Type", "").split(";")[0], value


def first_difference(actual, expected):
    """Where two values part, in a few words."""
    if isinstance(actual, dict) and isinstance(expected, dict) and actual.keys() == expected.keys():
        for name in expected:
            if actual[name] != expected[name]:
                return f"{name}: {first_difference(actual[name], expected[name])}"
    if isinstance(actual, list) and isinstance(expected, list) and len(actual) == len(expected):
        for number, (one, other) in enumerate(zip(actual, expected)):
            if one != other:
                return f"[{number}] {first_difference(one, other)}"
    return f"{str(actual)[:60]!r} instead of {str(expected)[:60]!r}"


def judge(actual, expected):
    """What is wrong with an answer; None when it is right."""
    status, kind, value = actual
    if status != expected[0]:
        return f"status {status} instead of {expected[0]}"
    if kind != "application/json":
        return f"type {kind!r}"
    if value != expected[1]:
        return first_difference(value, expected[1])
    return None


def check(port, which=cases):
    """(how many passed, what failed) of a server."""
    passed, failed = 0, []
    for name, method, target, body, expected in which():
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=ANSWER_SECONDS_MAX)
        try:
            wrong = judge(ask(connection, method, target, body), expected)
        except (OSError, http.client.HTTPException) as why:
            wrong = f"{type(why).__name__}: {why}"
        finally:
            connection.close()
        if wrong:
            failed.append(f"{name}: {wrong}")
        else:
            passed += 1
    return passed, failed
