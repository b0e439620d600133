// Puts load on a server: `load <kind> <port> <connections> <operations> <warmups> <rounds>` prints the cost of one
// operation in each round, warmups included, a number a line. One thread, one epoll, no goroutine a connection: it must
// need less than any server that it measures.
package main

import (
	"fmt"
	"io"
	"os"
	"sort"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// A kind of load does rounds and prints what they cost.
type kind func(port, connections, operations, rounds int)

var kinds = map[string]kind{
	"echo":     echo,
	"http":     http,
	"latency":  latency,
	"upload":   upload,
	"download": download,
	"accept":   accept,
	"hold":     hold,
}

const (
	message = 64
	chunk   = 1 << 20
	// How many connections are under way at a time in accept, and how many of those that latency holds speak.
	parallel = 50
	speakers = 100
)

func main() {
	if len(os.Args) != 7 || kinds[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "usage: load <kind> <port> <connections> <operations> <warmups> <rounds>")
		os.Exit(2)
	}
	port, connections, operations := number(os.Args[2]), number(os.Args[3]), number(os.Args[4])
	kinds[os.Args[1]](port, connections, operations, number(os.Args[5])+number(os.Args[6]))
}

// echo sends a message on each connection and the next one when it is back. An operation is a message.
func echo(port, connections, operations, rounds int) {
	exchange(port, connections, operations, rounds, make([]byte, message), message)
}

// http sends a request on each connection and the next one when the response is there, which is taken to have the same
// length each time. An operation is a request.
func http(port, connections, operations, rounds int) {
	request := []byte("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
	exchange(port, connections, operations, rounds, request, responseSize(port, request))
}

// responseSize asks once, and waits until nothing more comes.
func responseSize(port int, request []byte) int {
	connection := connect(port)
	defer syscall.Close(connection)
	write(connection, request)
	buffer := make([]byte, 1<<16)
	size := read(connection, buffer)
	check(syscall.SetsockoptTimeval(connection, syscall.SOL_SOCKET, syscall.SO_RCVTIMEO, &syscall.Timeval{Usec: 300_000}))
	for {
		count, err := syscall.Read(connection, buffer[size:])
		if err == syscall.EAGAIN {
			break
		}
		check(err)
		size += count
	}
	if !strings.HasPrefix(string(buffer), "HTTP/1.1 200") || !strings.Contains(string(buffer[:size]), "Hello world!") {
		panic("not the response that was asked for: " + string(buffer[:size]))
	}
	return size
}

func exchange(port, connections, operations, rounds int, data []byte, size int) {
	poll := newPoll()
	missing := map[int]int{}
	for index := 0; index < connections; index++ {
		connection := connect(port)
		poll.add(connection)
		missing[connection] = size
		write(connection, data)
	}
	buffer := make([]byte, 1<<16)
	done, start := 0, time.Now()
	for round := 0; round < rounds; {
		for _, event := range poll.wait() {
			connection := int(event.Fd)
			missing[connection] -= read(connection, buffer)
			if missing[connection] > 0 {
				continue
			}
			missing[connection] = size
			write(connection, data)
			if done++; done == operations {
				report(time.Since(start), operations)
				round++
				done, start = 0, time.Now()
			}
		}
	}
}

// latency holds connections, and sends one message at a time on some of them by turns. What it prints is the 99th
// percentile of the time until a message is back.
func latency(port, connections, operations, rounds int) {
	held := make([]int, connections)
	for index := range held {
		held[index] = connect(port)
	}
	speaking := make([]int, speakers)
	for index := range speaking {
		speaking[index] = held[index*connections/speakers]
	}
	data, buffer := make([]byte, message), make([]byte, message)
	times := make([]time.Duration, operations)
	for round := 0; round < rounds; round++ {
		for index := range times {
			connection := speaking[index%speakers]
			start := time.Now()
			write(connection, data)
			for missing := message; missing > 0; {
				missing -= read(connection, buffer)
			}
			times[index] = time.Since(start)
		}
		sort.Slice(times, func(a, b int) bool { return times[a] < times[b] })
		report(times[operations*99/100], 1)
	}
}

// upload sends as fast as the server reads. An operation is a mebibyte.
func upload(port, _, operations, rounds int) {
	connection := connect(port)
	data := make([]byte, chunk)
	for round := 0; round < rounds; round++ {
		start := time.Now()
		for index := 0; index < operations; index++ {
			write(connection, data)
		}
		report(time.Since(start), operations)
	}
}

// download reads as fast as the server sends. An operation is a mebibyte.
func download(port, _, operations, rounds int) {
	connection := connect(port)
	buffer := make([]byte, chunk)
	for round := 0; round < rounds; round++ {
		start := time.Now()
		for missing := operations * chunk; missing > 0; {
			missing -= read(connection, buffer)
		}
		report(time.Since(start), operations)
	}
}

// accept connects and waits until the server closes. An operation is a connection.
func accept(port, _, operations, rounds int) {
	poll := newPoll()
	buffer := make([]byte, message)
	for round := 0; round < rounds; round++ {
		start := time.Now()
		begun, done := 0, 0
		for ; begun < parallel; begun++ {
			poll.add(begin(port))
		}
		for done < operations {
			for _, event := range poll.wait() {
				// That of a server may come as a reset, which is as good an end.
				if count, _ := syscall.Read(int(event.Fd), buffer); count > 0 {
					continue
				}
				syscall.Close(int(event.Fd))
				if done++; begun < operations {
					poll.add(begin(port))
					begun++
				}
			}
		}
		report(time.Since(start), operations)
	}
}

// hold holds connections until its input ends.
func hold(port, connections, _, _ int) {
	for index := 0; index < connections; index++ {
		connect(port)
	}
	report(0, 1)
	io.Copy(io.Discard, os.Stdin)
}

func report(elapsed time.Duration, operations int) {
	fmt.Println(float64(elapsed.Nanoseconds()) / float64(operations))
}

type poll struct {
	descriptor int
	events     [256]syscall.EpollEvent
}

func newPoll() *poll {
	descriptor, err := syscall.EpollCreate1(0)
	check(err)
	return &poll{descriptor: descriptor}
}

func (p *poll) add(connection int) {
	event := syscall.EpollEvent{Events: syscall.EPOLLIN, Fd: int32(connection)}
	check(syscall.EpollCtl(p.descriptor, syscall.EPOLL_CTL_ADD, connection, &event))
}

func (p *poll) wait() []syscall.EpollEvent {
	for {
		count, err := syscall.EpollWait(p.descriptor, p.events[:], 10_000)
		if err == syscall.EINTR {
			continue
		}
		check(err)
		if count == 0 {
			panic("the server has said nothing for ten seconds")
		}
		return p.events[:count]
	}
}

func connect(port int) int {
	connection, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	check(err)
	check(syscall.SetsockoptInt(connection, syscall.IPPROTO_TCP, syscall.TCP_NODELAY, 1))
	check(syscall.Connect(connection, address(port)))
	return connection
}

// begin connects without waiting for it. What it opens leaves nothing behind in the kernel when it is closed.
func begin(port int) int {
	connection, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_NONBLOCK, 0)
	check(err)
	check(syscall.SetsockoptLinger(connection, syscall.SOL_SOCKET, syscall.SO_LINGER, &syscall.Linger{Onoff: 1}))
	if err := syscall.Connect(connection, address(port)); err != syscall.EINPROGRESS {
		check(err)
	}
	return connection
}

func address(port int) syscall.Sockaddr {
	return &syscall.SockaddrInet4{Port: port, Addr: [4]byte{127, 0, 0, 1}}
}

func write(connection int, data []byte) {
	for len(data) > 0 {
		count, err := syscall.Write(connection, data)
		if err == syscall.EINTR {
			continue
		}
		check(err)
		data = data[count:]
	}
}

func read(connection int, buffer []byte) int {
	for {
		count, err := syscall.Read(connection, buffer)
		if err == syscall.EINTR {
			continue
		}
		check(err)
		if count == 0 {
			panic("the server has closed the connection")
		}
		return count
	}
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func number(text string) int {
	value, err := strconv.Atoi(text)
	check(err)
	return value
}
