// Serves with goroutines: `servers <work>` listens on loopback and prints the port. It is run with GOMAXPROCS=1.
package main

import (
	"fmt"
	"io"
	"net"
	"os"
)

const chunk = 1 << 20

var handlers = map[string]func(connection net.Conn){
	"echo":     echo,
	"upload":   upload,
	"download": download,
	"accept":   func(net.Conn) {},
}

func main() {
	if len(os.Args) != 2 || handlers[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "usage: servers <work>")
		os.Exit(2)
	}
	handle := handlers[os.Args[1]]
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	go func() {
		// Nobody wants it any more.
		io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	for {
		connection, err := listener.Accept()
		check(err)
		go func() {
			defer connection.Close()
			handle(connection)
		}()
	}
}

func echo(connection net.Conn) {
	buffer := make([]byte, 4096)
	for {
		count, err := connection.Read(buffer)
		if err != nil {
			return
		}
		if _, err := connection.Write(buffer[:count]); err != nil {
			return
		}
	}
}

func upload(connection net.Conn) {
	buffer := make([]byte, 1<<16)
	for {
		if _, err := connection.Read(buffer); err != nil {
			return
		}
	}
}

func download(connection net.Conn) {
	data := make([]byte, chunk)
	for {
		if _, err := connection.Write(data); err != nil {
			return
		}
	}
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
