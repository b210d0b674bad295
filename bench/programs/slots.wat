;; What `slots` uses: a function that writes one word in each of `count` pages.
;; SPDX-License-Identifier: Apache-2.0
(module
  (memory (export "memory") 64)
  (table funcref (elem $touch $touch))
  (global $calls (mut i32) (i32.const 0))
  (data (i32.const 1024) "a module with some data at its beginning")
  (func $touch (export "touch") (param $count i32)
    (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
    (loop $again
      (local.set $count (i32.sub (local.get $count) (i32.const 1)))
      (i32.store
        (i32.mul (local.get $count) (i32.const 4096)) (local.get $count))
      (br_if $again (local.get $count)))))
