// Runs cases of gRPC's interoperability tests, makes calls and prints the status of each, or serves the tests on a free
// port, which it prints:
//
//	interop client CASE,CASE PORT [CA SERVER_NAME]
//	interop print-status PORT CALLS
//	interop server [CERT KEY]
//
// CALLS is JSON: [[PATH, HEADERS, HEADER_BYTES, REQUEST_BYTES], ...].
package main

import (
	"fmt"
	"os"
	"strings"
)

const (
	service     = "/grpc.testing.TestService/"
	initialKey  = "x-grpc-test-echo-initial"
	trailingKey = "x-grpc-test-echo-trailing-bin"
)

func main() {
	var err error
	switch args := os.Args[2:]; os.Args[1] {
	case "server":
		err = serve(args)
	case "print-status":
		err = printStatuses(args[0], args[1])
	default:
		for _, name := range strings.Split(args[0], ",") {
			if failure := runCase(name, args[1], args[2:]); failure != nil {
				fmt.Fprintln(os.Stderr, name, failure)
			} else {
				fmt.Println("OK:", name)
			}
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
