;; Copies and fills of few bytes, of every size and overlap, against a loop over
;; bytes; and at the end of the memory, where one that does not fit writes
;; nothing. What is tried lies at 1024, what the loop makes of the same at 4096.
(module
  (memory 1)
  (func $pattern (param $n i32) (local $i i32)
    (loop $next
      (i32.store8 offset=1024 (local.get $i) (i32.mul (local.get $i) (local.get $n)))
      (i32.store8 offset=4096 (local.get $i) (i32.mul (local.get $i) (local.get $n)))
      (br_if $next (i32.lt_u
        (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 512)))))
  (func $differs (result i32) (local $i i32)
    (loop $next
      (if (i64.ne (i64.load offset=1024 (local.get $i)) (i64.load offset=4096 (local.get $i)))
        (then (return (i32.const 1))))
      (br_if $next (i32.lt_u
        (local.tee $i (i32.add (local.get $i) (i32.const 8))) (i32.const 512))))
    (i32.const 0))
  (func $copy_slowly (param $to i32) (param $from i32) (param $n i32) (local $i i32)
    (if (i32.gt_u (local.get $to) (local.get $from)) (then
      (loop $down
        (if (local.get $n) (then
          (local.set $n (i32.sub (local.get $n) (i32.const 1)))
          (i32.store8 offset=4096 (i32.add (local.get $to) (local.get $n))
            (i32.load8_u offset=4096 (i32.add (local.get $from) (local.get $n))))
          (br $down))))
      (return)))
    (loop $up
      (if (i32.lt_u (local.get $i) (local.get $n)) (then
        (i32.store8 offset=4096 (i32.add (local.get $to) (local.get $i))
          (i32.load8_u offset=4096 (i32.add (local.get $from) (local.get $i))))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br $up)))))
  (func $fill_slowly (param $to i32) (param $byte i32) (param $n i32)
    (loop $down
      (if (local.get $n) (then
        (local.set $n (i32.sub (local.get $n) (i32.const 1)))
        (i32.store8 offset=4096 (i32.add (local.get $to) (local.get $n)) (local.get $byte))
        (br $down)))))

  ;; How many copies were wrong, of sizes up to 150 and distances up to 40.
  (func (export "copies") (result i32) (local $n i32) (local $from i32) (local $bad i32)
    (loop $sizes
      (local.set $from (i32.const 60))
      (loop $places
        (call $pattern (i32.add (local.get $n) (i32.const 7)))
        (memory.copy (i32.const 1124) (i32.add (i32.const 1024) (local.get $from)) (local.get $n))
        (call $copy_slowly (i32.const 100) (local.get $from) (local.get $n))
        (local.set $bad (i32.add (local.get $bad) (call $differs)))
        (br_if $places (i32.lt_u
          (local.tee $from (i32.add (local.get $from) (i32.const 1))) (i32.const 141))))
      (br_if $sizes (i32.lt_u
        (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 151))))
    (local.get $bad))
  (func (export "fills") (result i32) (local $n i32) (local $bad i32)
    (loop $sizes
      (call $pattern (i32.const 3))
      (memory.fill (i32.const 1124) (i32.add (i32.const 0x1f00) (local.get $n)) (local.get $n))
      (call $fill_slowly (i32.const 100) (local.get $n) (local.get $n))
      (local.set $bad (i32.add (local.get $bad) (call $differs)))
      (br_if $sizes (i32.lt_u
        (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 301))))
    (local.get $bad))

  (func (export "copy") (param i32 i32 i32)
    (memory.copy (local.get 0) (local.get 1) (local.get 2)))
  (func (export "fill") (param i32 i32 i32)
    (memory.fill (local.get 0) (local.get 1) (local.get 2)))
  (func (export "load8") (param i32) (result i32)
    (i32.load8_u (local.get 0)))
)
(assert_return (invoke "copies") (i32.const 0))
(assert_return (invoke "fills") (i32.const 0))

(assert_return (invoke "fill" (i32.const 65500) (i32.const 0x1aa) (i32.const 36)))
(assert_return (invoke "load8" (i32.const 65535)) (i32.const 0xaa))
(assert_trap (invoke "fill" (i32.const 65500) (i32.const 0xbb) (i32.const 37))
  "out of bounds memory access")
(assert_trap (invoke "fill" (i32.const -1) (i32.const 0xbb) (i32.const 1))
  "out of bounds memory access")
(assert_trap (invoke "fill" (i32.const -1) (i32.const 0xbb) (i32.const 2))
  "out of bounds memory access")
(assert_trap (invoke "fill" (i32.const 65537) (i32.const 0xbb) (i32.const 0))
  "out of bounds memory access")
(assert_return (invoke "fill" (i32.const 65536) (i32.const 0xbb) (i32.const 0)))
(assert_return (invoke "load8" (i32.const 65500)) (i32.const 0xaa))
(assert_return (invoke "copy" (i32.const 65536) (i32.const 0) (i32.const 0)))
(assert_trap (invoke "copy" (i32.const 65537) (i32.const 0) (i32.const 0))
  "out of bounds memory access")
(assert_trap (invoke "copy" (i32.const 65500) (i32.const 0) (i32.const 37))
  "out of bounds memory access")
(assert_trap (invoke "copy" (i32.const 0) (i32.const 65500) (i32.const 37))
  "out of bounds memory access")
(assert_trap (invoke "copy" (i32.const 0) (i32.const -3) (i32.const 3))
  "out of bounds memory access")
(assert_return (invoke "load8" (i32.const 65500)) (i32.const 0xaa))
(assert_return (invoke "load8" (i32.const 0)) (i32.const 0))
(assert_return (invoke "copy" (i32.const 0) (i32.const 65500) (i32.const 36)))
(assert_return (invoke "load8" (i32.const 35)) (i32.const 0xaa))
(assert_return (invoke "load8" (i32.const 36)) (i32.const 0))
