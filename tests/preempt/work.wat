;; Work whose result depends on every register that it uses.
;; SPDX-License-Identifier: Apache-2.0
(module
  (import "host" "tick" (func $tick (param i64) (result i64)))
  (memory 2)
  (table funcref (elem $twist $fold))
  (type $step (func (param i64) (result i64)))
  (func $twist (type $step)
    (i64.rotl (i64.mul (local.get 0) (i64.const 0x9e3779b97f4a7c15))
              (i64.and (local.get 0) (i64.const 31))))
  (func $fold (type $step)
    (i64.xor (local.get 0) (i64.shr_u (local.get 0) (i64.const 29))))
  (func $depth (param $n i32) (param $x i64) (result i64)
    (if (result i64) (i32.eqz (local.get $n))
      (then (local.get $x))
      (else
        (i64.add (local.get $x)
          (call $depth (i32.sub (local.get $n) (i32.const 1))
            (call_indirect (type $step) (local.get $x)
              (i32.and (local.get $n) (i32.const 1))))))))
  ;; Bytes of memory, 8 a time, each made from the one before.
  (func $fill (param $x i64) (result i64) (local $at i32)
    (loop $next
      (i64.store (local.get $at)
        (local.tee $x (call $twist (i64.add (local.get $x) (i64.const 1)))))
      (br_if $next
        (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 8)))
                  (i32.const 65536))))
    (local.get $x))
  (func $floats (param $x f64) (result f64) (local $n i32) (local $y f64)
    (local.set $n (i32.const 2000))
    (loop $next
      (local.set $y
        (f64.add (f64.mul (local.get $y) (f64.const 0.75))
                 (f64.sqrt (f64.abs (local.get $x)))))
      (local.set $x (f64.sub (local.get $y) (f64.div (local.get $x) (f64.const 3))))
      (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (f64.add (local.get $x) (local.get $y)))
  (func $vectors (result i64)
    (local $at i32) (local $a v128) (local $b v128) (local $c v128)
    (local.set $b (v128.const i64x2 0x123456789abcdef 0xfedcba987654321))
    (loop $next
      (local.set $a (i64x2.add (local.get $a) (v128.load (local.get $at))))
      (local.set $b (v128.xor (local.get $b) (i32x4.mul (local.get $a) (local.get $b))))
      (local.set $c (i8x16.add_sat_s (local.get $c) (i8x16.shuffle
        1 0 3 2 5 4 7 6 24 25 26 27 28 29 30 31 (local.get $a) (local.get $b))))
      (v128.store offset=65536 (local.get $at) (local.get $c))
      (br_if $next
        (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 16)))
                  (i32.const 65536))))
    (local.set $a (v128.xor (local.get $a) (v128.xor (local.get $b) (local.get $c))))
    (i64.xor (i64x2.extract_lane 0 (local.get $a))
             (i64x2.extract_lane 1 (local.get $a))))
  ;; Loops of floats that a compiler may vectorise.
  (func $lanes (result i64) (local $at i32) (local $sum i64)
    (loop $next
      (i64.store offset=65536 (local.get $at)
        (i64.add (i64.load (local.get $at))
                 (i64.load offset=65536 (local.get $at))))
      (br_if $next
        (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 8)))
                  (i32.const 65536))))
    (local.set $at (i32.const 0))
    (loop $next
      (local.set $sum (i64.add (local.get $sum)
        (i64.load offset=65536 (local.get $at))))
      (br_if $next
        (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 8)))
                  (i32.const 65536))))
    (local.get $sum))
  (func (export "work") (param $x i64) (result i64)
    (local.set $x (call $fill (local.get $x)))
    (local.set $x (i64.xor (call $tick (local.get $x)) (call $vectors)))
    (local.set $x (i64.add (call $depth (i32.const 100) (local.get $x)) (call $lanes)))
    (i64.xor (local.get $x)
      (i64.reinterpret_f64
        (call $floats (f64.convert_i64_s (i64.shr_s (local.get $x) (i64.const 20))))))))
