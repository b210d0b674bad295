;; What `calls` calls.
;; SPDX-License-Identifier: Apache-2.0
(module
  (import "host" "nothing" (func $nothing))
  (import "host" "add" (func $host_add (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (table funcref (elem $inner $inner))
  (func $inner (param i32) (result i32)
    (i32.add (local.get 0) (i32.const 1)))
  (func (export "nothing"))
  (func (export "add") (param i32 i32) (result i32)
    (i32.add (local.get 0) (local.get 1)))
  ;; `count` calls of the host.
  (func (export "call_nothing") (param $count i32)
    (loop $again
      (call $nothing)
      (br_if $again
        (local.tee $count (i32.sub (local.get $count) (i32.const 1))))))
  (func (export "call_add") (param $count i32) (result i32) (local $sum i32)
    (loop $again
      (local.set $sum (call $host_add (local.get $sum) (local.get $count)))
      (br_if $again
        (local.tee $count (i32.sub (local.get $count) (i32.const 1)))))
    (local.get $sum))
  ;; `count` calls of the guest through its table.
  (func (export "call_table") (param $count i32) (result i32) (local $sum i32)
    (loop $again
      (local.set $sum
        (call_indirect (param i32) (result i32)
          (local.get $sum) (i32.and (local.get $count) (i32.const 1))))
      (br_if $again
        (local.tee $count (i32.sub (local.get $count) (i32.const 1)))))
    (local.get $sum)))
