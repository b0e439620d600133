// Does the works of the benchmarks with goroutines: `bench <work> <operations> <warmups> <rounds>` prints the cost of
// one operation in each measured round, as a JSON array. It is run with GOMAXPROCS=1.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"time"
)

// A work does the operations and returns what they cost together.
type work func(operations int) float64

var works = map[string]work{
	"switch":        elapsed(giveWay),
	"hand-off":      elapsed(handOff),
	"spawn":         elapsed(spawn),
	"timeout":       elapsed(timeout),
	"sleep":         processorTime(sleep),
	"memory":        memory,
	"crowd-1000":    crowd(1000),
	"crowd-1000000": crowd(1000000),
}

func main() {
	if len(os.Args) != 5 || works[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "usage: bench <work> <operations> <warmups> <rounds>")
		os.Exit(2)
	}
	operations, warmups, rounds := number(os.Args[2]), number(os.Args[3]), number(os.Args[4])
	run := works[os.Args[1]]
	for round := 0; round < warmups; round++ {
		run(operations)
	}
	costs := make([]float64, rounds)
	for round := range costs {
		costs[round] = run(operations) / float64(operations)
	}
	if err := json.NewEncoder(os.Stdout).Encode(costs); err != nil {
		panic(err)
	}
}

func number(text string) int {
	value, err := strconv.Atoi(text)
	if err != nil {
		panic(err)
	}
	return value
}

// elapsed measures nanoseconds by the clock on the wall.
func elapsed(run func(operations int)) work {
	return func(operations int) float64 {
		start := time.Now()
		run(operations)
		return float64(time.Since(start).Nanoseconds())
	}
}
