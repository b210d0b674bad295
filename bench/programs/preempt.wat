;; Work that takes a while, and work that never ends.
;; SPDX-License-Identifier: Apache-2.0
(module
  (memory 1)
  (func (export "spin") (loop (br 0)))
  ;; Sorts 8000 words, made anew, `times` times.
  (func (export "work") (param $times i32) (result i32)
    (local $i i32) (local $j i32) (local $x i32) (local $y i32)
    (loop $again
      (local.set $i (i32.const 0))
      (local.set $x (i32.const 12345))
      (loop $fill
        (local.set $x
          (i32.add (i32.mul (local.get $x) (i32.const 1664525)) (i32.const 1013904223)))
        (i32.store (local.get $i) (local.get $x))
        (br_if $fill (i32.lt_u
          (local.tee $i (i32.add (local.get $i) (i32.const 4))) (i32.const 32000))))
      (local.set $i (i32.const 4))
      (loop $insert
        (local.set $x (i32.load (local.get $i)))
        (local.set $j (local.get $i))
        (block $placed
          (loop $move
            (br_if $placed (i32.eqz (local.get $j)))
            (local.set $y (i32.load (i32.sub (local.get $j) (i32.const 4))))
            (br_if $placed (i32.le_u (local.get $y) (local.get $x)))
            (i32.store (local.get $j) (local.get $y))
            (local.set $j (i32.sub (local.get $j) (i32.const 4)))
            (br $move)))
        (i32.store (local.get $j) (local.get $x))
        (br_if $insert (i32.lt_u
          (local.tee $i (i32.add (local.get $i) (i32.const 4))) (i32.const 32000))))
      (br_if $again
        (local.tee $times (i32.sub (local.get $times) (i32.const 1)))))
    (i32.load (i32.const 16000))))
