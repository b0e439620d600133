package main

import (
	"context"
	"runtime"
	"sync"
	"time"
)

// together runs a number of goroutines and waits for them.
func together(count int, task func()) {
	var group sync.WaitGroup
	group.Add(count)
	for index := 0; index < count; index++ {
		go func() {
			defer group.Done()
			task()
		}()
	}
	group.Wait()
}

func giveWay(operations int) {
	together(100, func() {
		for turn := 0; turn < operations/100; turn++ {
			runtime.Gosched()
		}
	})
}

func handOff(operations int) {
	left, right, done := make(chan int), make(chan int), make(chan struct{})
	player := func(from, to chan int, turns int) {
		for turn := 0; turn < turns; turn++ {
			to <- <-from + 1
		}
		done <- struct{}{}
	}
	go player(left, right, operations/2)
	go player(right, left, operations/2)
	left <- 0
	<-done
	// The last value comes back to whoever served.
	<-left
	<-done
}

func spawn(operations int) {
	var group sync.WaitGroup
	group.Add(operations)
	results := make([]int, operations)
	for index := 0; index < operations; index++ {
		go func(index int) {
			results[index] = index
			group.Done()
		}(index)
	}
	group.Wait()
}

// timeout waits for an answer that is there at the next turn, under a limit of 30 seconds.
func timeout(operations int) {
	together(100, func() {
		answer := make(chan struct{}, 1)
		for turn := 0; turn < operations/100; turn++ {
			limited, cancel := context.WithTimeout(context.Background(), 30*time.Second)
			answer <- struct{}{}
			runtime.Gosched()
			select {
			case <-answer:
			case <-limited.Done():
			}
			cancel()
		}
	})
}

// sleep starts goroutines that sleep 1 to 1,000 milliseconds, in the order that all peers have.
func sleep(operations int) {
	var group sync.WaitGroup
	group.Add(operations)
	for index := 0; index < operations; index++ {
		go func(milliseconds int) {
			time.Sleep(time.Duration(milliseconds) * time.Millisecond)
			group.Done()
		}((index*7919)%1000 + 1)
	}
	group.Wait()
}

// memory parks goroutines at a channel, and returns the bytes of heap and stacks that this takes.
func memory(operations int) float64 {
	alive := func() float64 {
		var stats runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&stats)
		return float64(stats.HeapAlloc + stats.StackInuse + stats.MSpanInuse)
	}
	event := make(chan struct{})
	started := 0
	before := alive()
	for index := 0; index < operations; index++ {
		go func() {
			started++
			<-event
		}()
	}
	// There is one processor: who started has parked when this goroutine runs again.
	for started < operations {
		runtime.Gosched()
	}
	after := alive()
	close(event)
	return after - before
}

// crowd measures a switch among a number of goroutines, without their start and end: one of them reads the clock.
func crowd(size int) work {
	const settling = 2
	return func(operations int) float64 {
		var elapsed float64
		turns := operations / size
		var group sync.WaitGroup
		group.Add(size)
		begin := make(chan struct{})
		task := func(turns int) {
			for turn := 0; turn < turns; turn++ {
				runtime.Gosched()
			}
		}
		go func() {
			defer group.Done()
			<-begin
			task(settling)
			start := now()
			task(turns)
			elapsed = now() - start
		}()
		for index := 1; index < size; index++ {
			go func() {
				defer group.Done()
				<-begin
				task(turns + 2*settling)
			}()
		}
		runtime.Gosched()
		close(begin)
		group.Wait()
		return elapsed
	}
}

// crowdSpawn starts and joins a number of goroutines at a time, until there were as many as operations.
func crowdSpawn(size int) func(operations int) {
	return func(operations int) {
		for done := 0; done < operations; done += size {
			spawn(size)
		}
	}
}
