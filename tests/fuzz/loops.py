"""Modules out of a seed whose functions are loops over arrays in memory, as
compilers write them: unrolled, with pointers or indexes of 32 and 64 bits, up,
down and far apart, over arrays that overlap or end where the memory does. After
each call the whole memory is told as one number.
SPDX-License-Identifier: Apache-2.0
"""
import random

FUNCTIONS = 8
PAGES = 2
END = PAGES * 65536
ARRAYS = ["p", "q", "r"]
PLACES = [1024, 1024, 1028, 1032, 1040, 1056, 1100, 1151, 1536, 2048, 4096, 5000, 65500]
LATE = [END - 4, END - 8, END - 64, END - 100, END - 256, END - 300]
COUNTS = [1, 2, 3, 4, 7, 8, 9, 16, 24, 31, 33, 64, 100, 199, 256]
WIDTHS = {"load": 4, "load8_u": 1, "load8_s": 1, "load16_u": 2, "load16_s": 2}
OPS = ["add", "add", "sub", "mul", "and", "or", "xor", "shl", "shr_u", "shr_s", "rotl"]
TESTS = ["lt_s", "lt_u", "gt_s", "gt_u", "le_s", "ge_u", "eq", "ne"]
HELPERS = """
  (table funcref (elem $h0 $h1 $h2 $self))
  (type $two (func (param i32 i32) (result i32)))
  (func $h0 (type $two) (i32.add (i32.mul (local.get 0) (i32.const 31)) (local.get 1)))
  (func $h1 (type $two) (global.set $g (i32.add (global.get $g) (i32.const 1)))
    (i32.xor (local.get 0) (i32.load (i32.and (local.get 1) (i32.const 4095)))))
  (func $h2 (type $two) (i32.store (i32.and (local.get 0) (i32.const 2047)) (local.get 1)) (global.get $g))
  (func $self (type $two) (local i32)
    (if (i32.lt_u (i32.and (local.get 0) (i32.const 15)) (i32.const 2)) (then (return (local.get 1))))
    (local.set 0 (i32.and (local.get 0) (i32.const 7)))
    (local.set 2 (call $self (i32.sub (local.get 0) (i32.const 1)) (i32.add (local.get 1) (i32.const 3))))
    (i32.add (local.get 2) (call $self (i32.sub (local.get 0) (i32.const 2)) (local.get 2))))
  (func $fill (local i32 i32) (local.set 1 (i32.const 12345))
    (loop
      (local.set 1 (i32.xor (local.get 1) (i32.shl (local.get 1) (i32.const 13))))
      (local.set 1 (i32.xor (local.get 1) (i32.shr_u (local.get 1) (i32.const 17))))
      (local.set 1 (i32.xor (local.get 1) (i32.shl (local.get 1) (i32.const 5))))
      (i32.store (local.get 0) (local.get 1))
      (br_if 0 (i32.lt_u (local.tee 0 (i32.add (local.get 0) (i32.const 4))) (i32.const %d)))))
  (start $fill)
  (func $digest (result i64) (local i32 i64)
    (loop
      (local.set 1 (i64.mul (i64.xor (local.get 1) (i64.load (local.get 0))) (i64.const 0x100000001b3)))
      (local.set 1 (i64.rotl (local.get 1) (i64.const 7)))
      (br_if 0 (i32.lt_u (local.tee 0 (i32.add (local.get 0) (i32.const 8))) (i32.const %d))))
    (i64.add (local.get 1) (i64.extend_i32_u (global.get $g))))
""" % (END, END)


def signed(value):
    return (value + 2**31) % 2**32 - 2**31


class Loop:
    """One loop of some copies of one body, each a step ahead."""

    def __init__(self, dice, depth):
        self.dice, self.depth = dice, depth
        self.copies = dice.choice([1, 1, 1, 2, 2, 4, 8])
        self.count = dice.choice(COUNTS) if depth == 0 else dice.choice(COUNTS[:8])
        self.size = dice.choice([1, 2, 4, 4, 4, 8, 8])
        factors = [1, 1, 1, 1, 1, 0, -1, 2, 3, -2, 16, 129]
        self.steps = {array: self.size * dice.choice(factors) for array in ARRAYS}
        self.is_indexed = dice.random() < 0.35
        self.style = {array: dice.choice(["offset", "offset", "add", "both"]) for array in ARRAYS}
        self.counter = dice.choice(["i", "i", "w"]) if self.is_indexed else dice.choice(["i", "p"])
        if self.steps["p"] == 0 or depth > 0:  # a loop within this one moves the pointers too
            self.counter = "i" if self.counter == "p" else self.counter
        self.i, self.w, self.e, self.m = (f"${name}{depth}" for name in "iwem")
        self.is_odd = dice.random() < 0.2  # copies that are none
        self.body = [self.statement_kind() for _ in range(dice.choice([1, 1, 2, 2, 3, 4]))]

    def statement_kind(self):
        """What every copy does, as a function of the copy's number."""
        kinds = [self.map, self.map, self.sum, self.before, self.carry, self.still, self.choice,
                 self.swap, self.float, self.long, self.vector, self.mess]
        return self.dice.choice(kinds)()

    def place(self, array, lane, shift=0):
        """An address and its offset: copy `lane`'s, and so many steps on."""
        away = lane * self.steps[array] + shift * self.size
        if self.is_odd and lane > 0 and self.dice.random() < 0.3:
            away += self.size
        style = self.style[array]
        if self.dice.random() < 0.03:
            style = self.dice.choice(["offset", "add", "both"])
        if self.is_indexed:
            factor = self.steps[array]
            index = f"(local.get {self.i})" if self.counter != "w" else f"(i32.wrap_i64 (local.get {self.w}))"
            if style == "add" and lane:
                index, away = f"(i32.add {index} (i32.const {lane}))", away - lane * factor
            scaled = f"(i32.mul {index} (i32.const {factor}))"
            if factor in (1, 2, 4, 8, 16):
                scaled = f"(i32.shl {index} (i32.const {factor.bit_length() - 1}))"
            base = f"(i32.add (local.get ${array}) {scaled})"
        else:
            base = f"(local.get ${array})"
        if style == "offset" and away >= 0:
            return f"offset={away} {base}"
        rest = 0
        if style == "both" and away >= self.size:
            rest, away = self.size, away - self.size
        return f"offset={rest} (i32.add {base} (i32.const {away}))" if away else f"offset={rest} {base}"

    def load(self, array, lane, shift=0):
        name = self.load_names[array]
        return f"(i32.{name} {self.place(array, lane, shift)})"

    def store(self, array, lane, value, shift=0):
        name = {1: "store8", 2: "store16"}.get(self.size, "store")
        return f"(i32.{name} {self.place(array, lane, shift)} {value})"

    @property
    def load_names(self):
        names = {1: ["load8_u", "load8_s"], 2: ["load16_u", "load16_s"]}.get(self.size, ["load"])
        return {array: names[len(array + str(self.steps[array])) % len(names)] for array in ARRAYS}

    def mix(self):
        """A function of two texts."""
        op, constant = self.dice.choice(OPS), self.dice.choice([1, 3, 5, 31, 255, -1, 0x10001])
        kind = self.dice.randrange(4)
        if kind == 0:
            return lambda a, b: f"(i32.{op} {a} {b})"
        if kind == 1:
            return lambda a, b: f"(i32.{op} (i32.mul {a} (i32.const {constant})) {b})"
        if kind == 2:
            test = self.dice.choice(TESTS)
            return lambda a, b: f"(select {a} {b} (i32.{test} {a} {b}))"
        return lambda a, b: f"(i32.add (i32.{op} {a} {b}) (i32.const {constant}))"

    def map(self):
        mix, shift, (a, b, c) = self.mix(), self.dice.choice([0, 0, 0, 1, -1, 2]), self.dice.choices(ARRAYS, k=3)
        other = (lambda k: self.load(c, k)) if self.dice.random() < 0.6 else (lambda k: "(local.get $x)")
        return lambda k: self.store(a, k, mix(self.load(b, k, shift), other(k)))

    def sum(self):
        mix, array, name = self.mix(), self.dice.choice(ARRAYS), self.dice.choice(["a", "b"])
        return lambda k: f"(local.set ${name} {mix(f'(local.get ${name})', self.load(array, k))})"

    def before(self):
        mix, (a, b), by = self.mix(), self.dice.choices(ARRAYS, k=2), self.dice.choice([1, -1, 2, 4, -3])
        return lambda k: self.store(a, k, mix(self.load(a, k, by), self.load(b, k)))

    def carry(self):
        mix, (a, b) = self.mix(), self.dice.choices(ARRAYS, k=2)
        return lambda k: (self.store(a, k, "(local.get $a)") +
                          f" (local.set $a {mix('(local.get $a)', self.load(b, k))})")

    def still(self):
        """Stores and loads at one place, turn by turn."""
        mix, array = self.mix(), self.dice.choice(ARRAYS)
        at = f"offset={self.dice.choice([0, 4, 40])} (local.get $s)"
        return lambda k: f"(i32.store {at} {mix(f'(i32.load {at})', self.load(array, k))})"

    def choice(self):
        test, (a, b) = self.dice.choice(TESTS), self.dice.choices(ARRAYS, k=2)
        then = self.dice.choice([lambda k: "(local.set $b (i32.add (local.get $b) (i32.const 1)))",
                                 lambda k: self.store(b, k, "(local.get $b)"),
                                 lambda k: f"(local.set $b {self.load(b, k)})"])
        return lambda k: f"(if (i32.{test} {self.load(a, k)} (local.get $a)) (then {then(k)}))"

    def swap(self):
        mix, array = self.mix(), self.dice.choice(ARRAYS)
        return lambda k: (f"(local.set $t (local.get $a)) (local.set $a (local.get $b)) (local.set $b"
                          f" {mix('(local.get $t)', self.load(array, k))})")

    def float(self):
        """No NaN is stored: which one it would be is left open."""
        kind, op = self.dice.choice(["f32", "f64"]), self.dice.choice(["add", "mul", "sub", "min"])
        a, b = self.dice.choices(ARRAYS, k=2)
        if self.dice.random() < 0.5:
            return lambda k: (f"(local.set $f{kind} ({kind}.add ({kind}.mul (local.get $f{kind}) ({kind}.const 0.5))"
                              f" ({kind}.convert_i32_s {self.load(a, k)})))"
                              f" ({kind}.store {self.place(b, k)} (local.get $f{kind}))")
        return lambda k: (f"({kind}.store {self.place(b, k)} (call $whole_{kind} ({kind}.{op}"
                          f" ({kind}.load {self.place(a, k)}) ({kind}.const 1.5))))")

    def long(self):
        op, (a, b) = self.dice.choice(OPS), self.dice.choices(ARRAYS, k=2)
        if self.dice.random() < 0.4:
            return lambda k: f"(local.set $l (i64.{op} (local.get $l) (i64.load {self.place(a, k)})))"
        return lambda k: (f"(i64.store {self.place(a, k)} (i64.{op} (i64.load32_s {self.place(b, k)})"
                          f" (i64.load {self.place(a, k)})))")

    def vector(self):
        op, (a, b) = self.dice.choice(["add", "sub", "mul", "min_s", "max_u"]), self.dice.choices(ARRAYS, k=2)
        if self.dice.random() < 0.6:
            return self.map()
        return lambda k: (f"(v128.store {self.place(a, k)} (i32x4.{op} (v128.load {self.place(b, k)})"
                          f" (v128.load {self.place(a, k, 1)})))")

    def mess(self):
        """What loops are not made simple by."""
        a, b = self.dice.choices(ARRAYS, k=2)
        small = self.dice.choice([0, 1, 7, 16, 40])
        at = f"(i32.and (local.get ${a}) (i32.const 8191))"
        return self.dice.choice([
            lambda k: f"(local.set $a (call $h{small % 3} (local.get $a) {self.load(a, k)}))",
            lambda k: f"(local.set $b (call_indirect (type $two) (local.get $b) {self.load(a, k)}"
                      f" (i32.and {self.load(b, k)} (i32.const 3))))",
            lambda k: f"(local.set $b (call $self (local.get $b) {self.load(a, k)}))",
            lambda k: f"(memory.fill {at} {self.load(b, k)} (i32.const {small}))",
            lambda k: f"(memory.copy (i32.add {at} (i32.const {small // 3})) {at} (i32.const {small}))",
            lambda k: f"(global.set $g (i32.add (global.get $g) {self.load(a, k)}))",
            lambda k: f"(block (block (block (br_table 0 1 2 1 (i32.and {self.load(a, k)} (i32.const 3))))"
                      f" {self.store(b, k, '(local.get $a)')}) (local.set $a (i32.const {small})))",
            lambda k: f"(br_if $out (i32.eq {self.load(a, k)} (i32.const {small})))",
            lambda k: f"(br_if $next (i32.lt_u {self.load(a, k)} (i32.const 0x10000000)))",
            lambda k: f"(local.set $a (i32.div_u (local.get $b) (i32.or {self.load(a, k)} (i32.const {small & 1}))))",
        ])

    def turns(self):
        """How often, as text; a loop may be left only where its end is met."""
        whole = self.count + -self.count % self.copies
        if self.dice.random() < 0.4:
            return f"(i32.and (i32.add (local.get $n) (i32.const {whole})) (i32.const {-self.copies & 127}))", True
        return f"(i32.const {whole})", False

    def end(self, before):
        """What asks at the loop's end for one more turn; what that needs is put into `before`."""
        turns, may_be_none = self.turns()
        step = self.copies
        if may_be_none:
            before.append(f"(local.set {self.m} {turns}) (br_if $out (i32.eqz (local.get {self.m})))")
            turns = f"(local.get {self.m})"
        if self.counter == "p":
            by = self.steps["p"]
            before.append(f"(local.set {self.e} (i32.add (local.get $p) (i32.mul {turns} (i32.const {by}))))")
            return self.unequal("i32", "(local.get $p)", f"(local.get {self.e})")
        if self.counter == "w":
            before.append(f"(local.set {self.w} (i64.const 0))")
            next_ = f"(local.tee {self.w} (i64.add (local.get {self.w}) (i64.const {step})))"
            return self.compared("i64", next_, f"(i64.extend_i32_u {turns})")
        if self.is_indexed or self.dice.random() < 0.5:
            before.append(f"(local.set {self.i} (i32.const 0))")
            return self.compared("i32", f"(local.tee {self.i} (i32.add (local.get {self.i}) (i32.const {step})))", turns)
        before.append(f"(local.set {self.i} {turns})")
        return f"(local.tee {self.i} (i32.sub (local.get {self.i}) (i32.const {step})))"

    def unequal(self, kind, a, b):
        return f"({kind}.ne {a} {b})" if self.dice.random() < 0.7 else f"({kind}.ne {b} {a})"

    def compared(self, kind, a, b):
        return self.dice.choice([f"({kind}.lt_s {a} {b})", f"({kind}.lt_u {a} {b})", f"({kind}.gt_s {b} {a})",
                                 self.unequal(kind, a, b), self.unequal(kind, a, b)])

    def copy(self, lane):
        text = [statement(lane) for statement in self.body]
        if self.is_odd and lane == self.copies - 1 and self.dice.random() < 0.5:
            text[self.dice.randrange(len(text))] = self.statement_kind()(lane)
        return "\n      ".join(text)

    def text(self):
        before = []
        again = self.end(before)
        body = "\n      ".join(self.copy(lane) for lane in range(self.copies))
        if self.depth and self.dice.random() < 0.5:
            inner = Loop(self.dice, self.depth - 1)
            body += "\n" + inner.text()
        moves = "" if self.is_indexed else " ".join(
            f"(local.set ${array} (i32.add (local.get ${array}) (i32.const {self.steps[array] * self.copies})))"
            for array in ARRAYS if self.steps[array])
        return (f"    (block $out {' '.join(before)}\n    (loop $again (block $next\n      {body})\n"
                f"      {moves}\n      (br_if $again {again})))\n")


def function(dice, index):
    late = dice.random() < 0.3
    places = [*PLACES, *LATE] if late else PLACES
    text = [f'  (func (export "f{index}") (param $n i32) (param $x i32) (result i32)',
            "    (local $p i32) (local $q i32) (local $r i32) (local $s i32) (local $i0 i32) (local $i1 i32)",
            "    (local $e0 i32) (local $m0 i32) (local $m1 i32) (local $w0 i64) (local $w1 i64)",
            "    (local $a i32) (local $b i32) (local $t i32) (local $l i64)"
            " (local $ff32 f32) (local $ff64 f64)"]
    for _ in range(dice.choice([1, 1, 2, 3])):
        for array in [*ARRAYS, "s"]:
            place = dice.choice(places)
            if dice.random() < 0.3:
                more = f"(i32.and (local.get ${dice.choice('nx')}) (i32.const {dice.choice([63, 64, 255])}))"
                text.append(f"    (local.set ${array} (i32.add {more} (i32.const {place})))")
            else:
                text.append(f"    (local.set ${array} (i32.const {place}))")
        text.append(Loop(dice, dice.choice([0, 0, 1])).text())
    text.append("    (i64.store (i32.const 8) (local.get $l))")
    text.append("    (i32.xor (i32.mul (local.get $a) (i32.const 31)) (i32.add (local.get $b) (i32.add (i32.add"
                " (local.get $p) (local.get $i0)) (i32.add (local.get $q) (local.get $r))))))")
    text.append(f'  (export "d{index}" (func $digest))')
    return "\n".join(text)


def whole(kind):
    return (f"  (func $whole_{kind} (param {kind}) (result {kind})"
            f" (select (local.get 0) ({kind}.const 0) ({kind}.eq (local.get 0) (local.get 0))))\n")


def module(seed):
    """Text. Two pages of memory."""
    dice = random.Random(f"loops {seed}")
    functions = "\n".join(function(dice, index) for index in range(FUNCTIONS))
    limits = dice.choice([f"{PAGES}", f"{PAGES} {PAGES}", f"{PAGES} 70", f"{PAGES} 65536"])
    return (f"(module (memory {limits}) (global $g (mut i32) (i32.const 0)){HELPERS}"
            f"{whole('f32')}{whole('f64')}{functions}\n)\n")
