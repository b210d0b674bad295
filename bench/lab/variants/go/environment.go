// The environment of the request that is there now: os.Environ is what it was
// when Go's runtime started, which is before any request.
// SPDX-License-Identifier: Apache-2.0
package main

import (
	"bytes"
	"strings"
)

type environment map[string]string

//go:wasmimport wasi_snapshot_preview1 environ_sizes_get
func environSizesGet(count, size *uint32) uint32

//go:wasmimport wasi_snapshot_preview1 environ_get
func environGet(starts *uint32, texts *byte) uint32

func readEnvironment() environment {
	var count, size uint32
	if environSizesGet(&count, &size) != 0 || count == 0 {
		return nil
	}
	starts, texts := make([]uint32, count), make([]byte, size)
	if environGet(&starts[0], &texts[0]) != 0 {
		return nil
	}
	found := make(environment, count)
	for _, text := range bytes.Split(texts, []byte{0}) {
		if name, value, isPair := strings.Cut(string(text), "="); isPair {
			found[name] = value
		}
	}
	return found
}
