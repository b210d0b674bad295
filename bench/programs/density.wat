;; What waits in a host call: a memory with some data, a table, globals.
;; SPDX-License-Identifier: Apache-2.0
(module
  (import "host" "wait" (func $wait (param i32) (result i32)))
  (memory (export "memory") 2)
  (table funcref (elem $next $next))
  (global $count (mut i32) (i32.const 0))
  (data (i32.const 1024) "some data that the request begins with")
  (func $next (param i32) (result i32)
    (i32.store (i32.const 2048) (local.get 0))
    (i32.add (call $wait (local.get 0)) (i32.load8_u (i32.const 1024))))
  (func (export "run") (param $x i32) (result i32)
    (global.set $count (i32.add (global.get $count) (i32.const 1)))
    (i32.add (global.get $count)
      (call_indirect (param i32) (result i32) (local.get $x)
        (i32.and (local.get $x) (i32.const 1))))))
