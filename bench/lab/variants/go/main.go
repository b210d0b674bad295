// The lab's API in Go. JSON by encoding/json. The program is a reactor: Go's
// runtime starts once, before the first request, and each request calls handle
// in an instance that begins there. The request comes in the CGI convention.
// SPDX-License-Identifier: Apache-2.0
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/url"
	"os"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
)

const (
	itemsMax    = 100000
	quantityMax = 1000000
	heapMax     = 256 << 20 // nothing is collected below it: an instance answers once
)

var (
	adjectives = []string{"small", "large", "red", "blue", "quiet", "heavy", "plain", "bright"}
	nouns      = []string{"lamp", "chair", "table", "clock", "shelf", "desk", "stool", "frame"}
	tags       = []string{"new", "sale", "used", "eco", "wood", "import", "gift", "bulk"}
)

type item struct {
	ID       uint32   `json:"id"`
	Name     string   `json:"name"`
	Price    float64  `json:"price"`
	Quantity uint32   `json:"quantity"`
	Active   bool     `json:"active"`
	Tags     []string `json:"tags"`
	Note     string   `json:"note"`
}

type list struct {
	Count int    `json:"count"`
	Items []item `json:"items"`
}

// What a client sends: pointers tell what is missing from what is zero.
type given struct {
	ID       *uint32   `json:"id"`
	Name     *string   `json:"name"`
	Price    *float64  `json:"price"`
	Quantity *uint32   `json:"quantity"`
	Active   *bool     `json:"active"`
	Tags     *[]string `json:"tags"`
	Note     *string   `json:"note"`
}

type order struct {
	Items *[]*given `json:"items"`
}

type summary struct {
	Count    int            `json:"count"`
	Active   int            `json:"active"`
	Quantity uint64         `json:"quantity"`
	Total    float64        `json:"total"`
	Tags     map[string]int `json:"tags"`
}

type problem struct {
	Error string `json:"error"`
}

func makeItem(id uint32) item {
	x := id * 2654435761
	return item{
		ID:       id,
		Name:     adjectives[x%8] + " " + nouns[x>>3%8],
		Price:    float64(x>>6%1000) + float64(1+x>>16%3)*0.25,
		Quantity: x >> 20 % 100,
		Active:   x>>31 != 0,
		Tags:     []string{tags[x>>4%8], tags[x>>9%8]},
		Note:     "Größe \"M\", line one\nline two",
	}
}

func (one *given) isGood() bool {
	return one != nil && one.ID != nil && one.Name != nil && *one.Name != "" &&
		one.Price != nil && *one.Price >= 0 && !math.IsInf(*one.Price, 0) &&
		one.Quantity != nil && *one.Quantity <= quantityMax &&
		one.Active != nil && one.Tags != nil && one.Note != nil &&
		!slices.ContainsFunc(*one.Tags, func(tag string) bool { return !slices.Contains(tags, tag) })
}

func summarize(items []*given) (summary, bool) {
	sum := summary{Tags: make(map[string]int, len(tags))}
	for _, tag := range tags {
		sum.Tags[tag] = 0
	}
	for _, one := range items {
		if !one.isGood() {
			return sum, false
		}
		sum.Count++
		if *one.Active {
			sum.Active++
		}
		sum.Quantity += uint64(*one.Quantity)
		sum.Total += *one.Price * float64(*one.Quantity)
		for _, tag := range *one.Tags {
			sum.Tags[tag]++
		}
	}
	return sum, true
}

func send(status int, fields string, value any) error {
	body, err := json.Marshal(value)
	if err != nil {
		return err
	}
	out := bufio.NewWriter(os.Stdout)
	fmt.Fprintf(out, "Status: %d\nContent-Type: application/json\n%s\n", status, fields)
	if _, err := out.Write(body); err != nil {
		return err
	}
	return out.Flush()
}

func get(request environment) error {
	query, err := url.ParseQuery(request["QUERY_STRING"])
	text := query.Get("n")
	n, wrong := strconv.ParseUint(text, 10, 32)
	if err != nil || wrong != nil || n > itemsMax || strings.HasPrefix(text, "+") {
		return send(400, "", problem{"n must be a whole number from 0 to 100000"})
	}
	answer := list{Count: int(n), Items: make([]item, n)}
	for i := range answer.Items {
		answer.Items[i] = makeItem(uint32(i))
	}
	return send(200, "", answer)
}

func post() error {
	body, err := io.ReadAll(os.Stdin)
	if err != nil {
		return err
	}
	var asked order
	var wrong *json.UnmarshalTypeError
	if err := json.Unmarshal(body, &asked); errors.As(err, &wrong) {
		return send(422, "", problem{"invalid items"})
	} else if err != nil {
		return send(400, "", problem{"invalid JSON"})
	}
	if asked.Items == nil {
		return send(422, "", problem{"invalid items"})
	}
	sum, isGood := summarize(*asked.Items)
	if !isGood {
		return send(422, "", problem{"invalid items"})
	}
	return send(200, "", sum)
}

func answer(request environment) error {
	if request["PATH_INFO"] != "/items" {
		return send(404, "", problem{"not found"})
	}
	switch request["REQUEST_METHOD"] {
	case "GET":
		return get(request)
	case "POST":
		return post()
	}
	return send(405, "Allow: GET, POST\n", problem{"method not allowed"})
}

//go:wasmexport handle
func handle() {
	if err := answer(readEnvironment()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// What the first use of encoding/json finds out about our types is kept.
func init() {
	debug.SetGCPercent(-1)
	debug.SetMemoryLimit(heapMax)
	var asked order
	body, _ := json.Marshal(list{Items: []item{makeItem(0)}})
	_ = json.Unmarshal(body, &asked)
}

func main() {}
