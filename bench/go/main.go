// Does the works of the benchmarks with goroutines: `bench <work> <operations> <warmups> <rounds> <clock>` prints the
// cost of one operation in each measured round, as a JSON array. The clock is wall or cpu. It is run with GOMAXPROCS=1.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"syscall"
	"time"
)

// A work does the operations and returns what they cost together.
type work func(operations int) float64

var works = map[string]work{
	"switch":   elapsed(giveWay),
	"hand-off": elapsed(handOff),
	"spawn":    elapsed(spawn),
	"timeout":  elapsed(timeout),
	"sleep":    processorTime(sleep),
	"memory":   memory,
}

func init() {
	for _, size := range []int{1000, 10000, 100000, 1000000} {
		works["crowd-"+strconv.Itoa(size)] = crowd(size)
		works["crowd-spawn-"+strconv.Itoa(size)] = elapsed(crowdSpawn(size))
	}
}

func main() {
	if len(os.Args) != 6 || works[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "usage: bench <work> <operations> <warmups> <rounds> <clock>")
		os.Exit(2)
	}
	operations, warmups, rounds := number(os.Args[2]), number(os.Args[3]), number(os.Args[4])
	run := works[os.Args[1]]
	if os.Args[5] == "cpu" {
		now = processorNow
	}
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

// now reads nanoseconds from the clock that the benchmarks go by.
var now = wallNow

func wallNow() float64 {
	return float64(time.Now().UnixNano())
}

// processorNow reads the processor time of all threads, user and system.
func processorNow() float64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err)
	}
	return float64(usage.Utime.Nano() + usage.Stime.Nano())
}

// elapsed measures nanoseconds of time.
func elapsed(run func(operations int)) work {
	return func(operations int) float64 {
		start := now()
		run(operations)
		return now() - start
	}
}

// processorTime measures nanoseconds of processor time.
func processorTime(run func(operations int)) work {
	return func(operations int) float64 {
		start := processorNow()
		run(operations)
		return processorNow() - start
	}
}
