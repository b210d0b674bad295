"""Modules out of a seed whose functions mostly load from places at and behind
the end of the memory, and do things with the value that make it matter little
or not at all: what a compiler likes to drop, narrow, delay or move.
SPDX-License-Identifier: Apache-2.0
"""
import random

FUNCTIONS = 14
INTS, LONGS = 5, 2  # locals, of which the first three are parameters
OFFSETS = [0, 0, 0, 1, 4, 8, 65480, 65488, 65490, 65492, 65493, 65494, 65531, 65532, 65533, 65535, 65536, 70000]
LOADS = ["load", "load", "load8_s", "load8_u", "load16_s", "load16_u"]
SPLITS = ["and", "or", "xor", "mul", "add", "sub", "shl", "shr_u", "shr_s", "rotl"]
TESTS = ["eq", "ne", "lt_s", "lt_u", "gt_s", "ge_u"]
CONSTANTS = [0, 0, 1, -1, 2, 7, 8, 24, 31, 255, 256, 65535, 65536, 0xff00, -256, 1 << 31]


class Function:
    def __init__(self, dice, index):
        self.dice, self.index, self.budget, self.loops = dice, index, 60, 0

    def address(self, depth):
        if self.dice.random() < 0.7:
            return f"(local.get {self.dice.randrange(INTS)})"
        return self.value("i32", depth + 1)

    def load(self, type_, depth):
        kind = self.dice.choice([*LOADS, *(["load32_s", "load32_u"] if type_ == "i64" else [])])
        return f"({type_}.{kind} offset={self.dice.choice(OFFSETS)} {self.address(depth)})"

    def leaf(self, type_):
        if self.dice.random() < 0.5:
            return f"({type_}.const {self.dice.choice(CONSTANTS)})"
        local = self.dice.randrange(INTS) if type_ == "i32" else INTS + self.dice.randrange(LONGS)
        return f"(local.get {local})"

    def value(self, type_, depth=0):
        self.budget -= 1
        if depth > 4 or self.budget < 0:
            return self.leaf(type_)
        kind = self.dice.randrange(13)
        if kind < 3:
            return self.load(type_, depth)
        if kind < 6:
            return f"({type_}.{self.dice.choice(SPLITS)} {self.value(type_, depth + 1)} {self.value(type_, depth + 1)})"
        if kind == 6:
            return f"(select {self.value(type_, depth + 1)} {self.value(type_, depth + 1)} {self.value('i32', depth + 1)})"
        if kind == 7:
            other = "i64" if type_ == "i32" else "i32"
            name = "i32.wrap_i64" if type_ == "i32" else f"i64.extend_i32_{self.dice.choice('su')}"
            return f"({name} {self.value(other, depth + 1)})"
        if kind == 8 and type_ == "i32":
            of = self.dice.choice(["i32", "i64"])
            return f"({of}.{self.dice.choice(TESTS)} {self.value(of, depth + 1)} {self.value(of, depth + 1)})"
        if kind == 9 and type_ == "i32" and self.index > 0 and self.loops == 0:
            args = " ".join(self.value("i32", depth + 2) for _ in range(3))
            return f"(call {self.dice.randrange(self.index)} {args})"
        if kind == 10:
            lanes = 4 if type_ == "i32" else 2
            place = f"(v128.load offset={self.dice.choice(OFFSETS)} {self.address(depth)})"
            return f"({type_}x{lanes}.extract_lane {self.dice.randrange(lanes)} {place})"
        if kind == 11:
            return (f"(if (result {type_}) {self.value('i32', depth + 1)} (then {self.value(type_, depth + 1)})"
                    f" (else {self.value(type_, depth + 1)}))")
        return self.leaf(type_)

    def loop(self):
        """Over a few words: what is vectorised, unrolled or deleted."""
        self.loops += 1
        count, step = self.dice.choice([1, 2, 3, 8, 16, 37, 100]), self.dice.choice([1, 4, 4, 4, 8, -4])
        at, total, i = self.dice.sample(range(3, INTS), 2) + [INTS + LONGS]
        use = self.dice.choice([
            f"(local.set {total} (i32.add (local.get {total}) {self.load('i32', 9)}))",
            f"(i32.store offset={self.dice.choice(OFFSETS)} (local.get {at}) {self.load('i32', 9)})",
            f"(local.set {total} {self.load('i32', 9)})",
            f"(local.set {total} (i32.mul (local.get {i}) {self.load('i32', 9)}))",
            f"(if {self.load('i32', 9)} (then (local.set {total} {self.value('i32', 3)})))",
            self.statement(3)])
        text = (f"(local.set {i} (i32.const {count})) (loop {use}"
                f" (local.set {at} (i32.add (local.get {at}) (i32.const {step})))"
                f" (br_if 0 (local.tee {i} (i32.sub (local.get {i}) (i32.const 1)))))")
        self.loops -= 1
        return text

    def statement(self, depth=0):
        self.budget -= 1
        kind = self.dice.randrange(11)
        if kind < 3:
            return f"(local.set {self.dice.randrange(INTS)} {self.value('i32')})"
        if kind == 3:
            return f"(local.set {INTS + self.dice.randrange(LONGS)} {self.value('i64')})"
        if kind == 4:
            return f"(drop {self.value('i32')})"
        if kind == 5:
            type_ = self.dice.choice(["i32", "i64"])
            name = self.dice.choice(["store", "store8", "store16"])
            return f"({type_}.{name} offset={self.dice.choice(OFFSETS)} {self.address(2)} {self.value(type_, 1)})"
        if kind == 6:  # of what lies there
            place, offset = f"(local.get {self.dice.randrange(INTS)})", self.dice.choice(OFFSETS)
            return (f"(i32.store offset={offset} {place} (i32.{self.dice.choice(SPLITS)}"
                    f" (i32.load offset={offset} {place}) {self.value('i32', 3)}))")
        if kind == 7 and depth < 3:
            return f"(block {self.statement(depth + 1)} (br_if 0 {self.value('i32', 2)}) {self.statement(depth + 1)})"
        if kind == 8 and depth < 3:
            return (f"(if {self.value('i32', 2)} (then {self.statement(depth + 1)} {self.statement(depth + 1)})"
                    f" (else {self.statement(depth + 1)}))")
        if kind == 9 and depth < 2 and self.loops == 0:
            return self.loop()
        if kind == 10 and self.dice.random() < 0.3:
            return f"(if {self.value('i32', 2)} (then (return {self.value('i32', 2)})))"
        return f"(global.set 0 {self.value('i32', 2)})"

    def text(self):
        body = "\n    ".join(self.statement() for _ in range(self.dice.randrange(0, 3)))
        return (f"  (func (export \"f{self.index}\") (param i32 i32 i32) (result i32)"
                f" (local{' i32' * (INTS - 3)}{' i64' * LONGS} i32)\n    {body}\n    {self.value('i32', 2)})")


def module(seed):
    """Text. Memory is one page and cannot grow."""
    dice = random.Random(f"trapping {seed}")
    functions = "\n".join(Function(dice, index).text() for index in range(FUNCTIONS))
    return f"(module (memory 1 1) (global (mut i32) (i32.const 0))\n{functions}\n)\n"
