// Runs a case of gRPC's interoperability tests, makes one call and prints its status, or serves the tests on a free
// port, which it prints:
//
//	interop client CASE PORT [CA SERVER_NAME]
//	interop print-status PORT PATH HEADERS HEADER_BYTES [REQUEST_BYTES]
//	interop server [CERT KEY]
package main

import (
	"fmt"
	"os"
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
		err = printStatus(args[0], args[1], args[2:])
	default:
		err = runCase(args[0], args[1], args[2:])
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println("OK")
}
