package main

import (
	"context"
	"encoding/json"
	"fmt"
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

// call is a call with a request of zeros.
type call struct {
	path                 string
	headers, headerBytes int
	// nil for a bidirectional stream without messages.
	requestBytes *int
}

// UnmarshalJSON decodes an array of the path and the numbers.
func (c *call) UnmarshalJSON(data []byte) error {
	return json.Unmarshal(data, &[]interface{}{&c.path, &c.headers, &c.headerBytes, &c.requestBytes})
}

// printStatuses makes calls and prints the status of each.
func printStatuses(port, text string) error {
	var calls []call
	if err := json.Unmarshal([]byte(text), &calls); err != nil {
		return err
	}
	for _, call := range calls {
		if err := printStatus(port, call); err != nil {
			return err
		}
	}
	return nil
}

// printStatus makes a call with a request of zeros and prints its status. Without a size of the request it opens a
// bidirectional stream, sends no message, and waits for the end.
func printStatus(port string, call call) error {
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
	for header := 0; header < call.headers; header++ {
		ctx = metadata.AppendToOutgoingContext(ctx, fmt.Sprintf("x-header-%d", header), strings.Repeat("x", call.headerBytes))
	}
	if call.requestBytes != nil {
		request := make([]byte, *call.requestBytes)
		err = conn.Invoke(ctx, call.path, &request, &response, grpc.ForceCodec(rawCodec{}))
	} else {
		var stream grpc.ClientStream
		description := &grpc.StreamDesc{ClientStreams: true, ServerStreams: true}
		if stream, err = conn.NewStream(ctx, description, call.path, grpc.ForceCodec(rawCodec{})); err == nil {
			err = stream.RecvMsg(&response)
		}
	}
	result := status.Convert(err)
	fmt.Println(result.Code(), result.Message())
	return nil
}
