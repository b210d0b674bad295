// A guest in Go; the same program in every language, see run.
// SPDX-License-Identifier: Apache-2.0
package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"
)

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func list(path string) {
	entries, err := os.ReadDir(path)
	check(err)
	names := []string{}
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	fmt.Println(strings.Join(names, " "))
}

func files() {
	check(os.Mkdir("/data/d", 0o777))
	check(os.WriteFile("/data/d/a.txt", []byte("first\nsecond\nthird\n"), 0o666))
	file, err := os.OpenFile("/data/d/a.txt", os.O_APPEND|os.O_WRONLY, 0)
	check(err)
	_, err = file.WriteString("fourth\n")
	check(err)
	check(file.Close())
	text, err := os.ReadFile("/data/d/a.txt")
	check(err)
	fmt.Printf("read %d bytes, %d lines\n", len(text), bytes.Count(text, []byte("\n")))
	check(os.WriteFile("/data/d/b.txt", nil, 0o666))
	list("/data/d")
	check(os.Rename("/data/d/a.txt", "/data/d/c.txt"))
	list("/data/d")
	info, err := os.Stat("/data/d/c.txt")
	check(err)
	fmt.Println("size", info.Size())
	if _, err := os.Open("/data/../secret"); err != nil {
		fmt.Println("outside refused")
	} else {
		fmt.Println("outside opened")
	}
	check(os.Remove("/data/d/b.txt"))
	check(os.Remove("/data/d/c.txt"))
	check(os.Remove("/data/d"))
	if _, err := os.Stat("/data/d"); err != nil {
		fmt.Println("gone")
	}
}

func main() {
	task := "hello"
	if len(os.Args) > 1 {
		task = os.Args[1]
	}
	switch task {
	case "hello":
		words := make(chan string)
		go func() { words <- "hello from Go" }()
		fmt.Println(<-words)
	case "args":
		for _, arg := range os.Args[2:] {
			fmt.Printf("[%s]\n", arg)
		}
	case "env":
		for _, name := range []string{"GREETING", "EMPTY", "ABSENT"} {
			value, found := os.LookupEnv(name)
			if !found {
				value = "(none)"
			}
			fmt.Printf("%s=%s\n", name, value)
		}
	case "files":
		files()
	case "pipe":
		_, err := io.Copy(os.Stdout, os.Stdin)
		check(err)
	case "exit":
		os.Exit(7)
	case "panic":
		panic("about to panic")
	}
}
