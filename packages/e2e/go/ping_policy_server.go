// Serves health on a free port, which it prints: `ping_policy_server MIN_PING_INTERVAL_MS`. The argument is the minimum
// time in milliseconds between two pings without data between them.
package main

import (
	"fmt"
	"log"
	"net"
	"os"
	"strconv"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/keepalive"
)

func main() {
	ms, err := strconv.Atoi(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	policy := keepalive.EnforcementPolicy{MinTime: time.Duration(ms) * time.Millisecond}
	server := grpc.NewServer(grpc.KeepaliveEnforcementPolicy(policy))
	grpc_health_v1.RegisterHealthServer(server, health.NewServer())
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	log.Fatal(server.Serve(listener))
}
