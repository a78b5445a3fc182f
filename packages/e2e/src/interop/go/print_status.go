package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

// rawCodec encodes and decodes bytes without changing them.
type rawCodec struct{}

func (rawCodec) Marshal(message interface{}) ([]byte, error) { return *message.(*[]byte), nil }

func (rawCodec) Unmarshal(data []byte, message interface{}) error {
	*message.(*[]byte) = data
	return nil
}

func (rawCodec) Name() string { return "proto" }

// printStatus makes a call with a request of zeros and prints its status. Without a size of the request it opens a
// bidirectional stream, sends no message, and waits for the end.
func printStatus(port, path string, sizes []string) error {
	var numbers []int
	for _, size := range sizes {
		number, err := strconv.Atoi(size)
		if err != nil {
			return err
		}
		numbers = append(numbers, number)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	conn, err := grpc.DialContext(ctx, "127.0.0.1:"+port, grpc.WithInsecure(), grpc.WithBlock())
	if err != nil {
		return err
	}
	defer conn.Close()
	var response []byte
	// After this call, the client knows the limits of the server.
	conn.Invoke(ctx, service+"EmptyCall", &response, &response, grpc.ForceCodec(rawCodec{}))
	for header := 0; header < numbers[0]; header++ {
		ctx = metadata.AppendToOutgoingContext(ctx, fmt.Sprintf("x-header-%d", header), strings.Repeat("x", numbers[1]))
	}
	if len(numbers) > 2 {
		request := make([]byte, numbers[2])
		err = conn.Invoke(ctx, path, &request, &response, grpc.ForceCodec(rawCodec{}))
	} else {
		var stream grpc.ClientStream
		description := &grpc.StreamDesc{ClientStreams: true, ServerStreams: true}
		if stream, err = conn.NewStream(ctx, description, path, grpc.ForceCodec(rawCodec{})); err == nil {
			err = stream.RecvMsg(&response)
		}
	}
	result := status.Convert(err)
	fmt.Println(result.Code(), result.Message())
	return nil
}
