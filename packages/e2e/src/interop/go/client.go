package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/encoding/gzip"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

var exchanges = [][2]int{{27182, 31415}, {8, 9}, {1828, 2653}, {45904, 58979}}

// https://github.com/grpc/grpc/blob/master/doc/interop-test-descriptions.md
var cases = map[string]func(context.Context, *grpc.ClientConn) error{
	"empty_unary": func(ctx context.Context, conn *grpc.ClientConn) error {
		return conn.Invoke(ctx, service+"EmptyCall", &Empty{}, &Empty{})
	},
	"large_unary": func(ctx context.Context, conn *grpc.ClientConn) error {
		return largeCall(ctx, conn, SimpleRequest{})
	},
	"client_compressed_unary": func(ctx context.Context, conn *grpc.ClientConn) error {
		compressed := SimpleRequest{ExpectCompressed: &BoolValue{Value: true}}
		if err := expect(largeCall(ctx, conn, compressed), codes.InvalidArgument, ""); err != nil {
			return err
		}
		if err := largeCall(ctx, conn, compressed, grpc.UseCompressor(gzip.Name)); err != nil {
			return err
		}
		return largeCall(ctx, conn, SimpleRequest{ExpectCompressed: &BoolValue{}})
	},
	"server_compressed_unary": func(ctx context.Context, conn *grpc.ClientConn) error {
		ctx = acceptGzip(ctx)
		if err := largeCall(ctx, conn, SimpleRequest{ResponseCompressed: &BoolValue{Value: true}}); err != nil {
			return err
		}
		return largeCall(ctx, conn, SimpleRequest{ResponseCompressed: &BoolValue{}})
	},
	"client_streaming": func(ctx context.Context, conn *grpc.ClientConn) error {
		stream, err := open(ctx, conn, "StreamingInputCall")
		if err != nil {
			return err
		}
		for _, exchange := range exchanges {
			if err := stream.SendMsg(&StreamingInputCallRequest{Payload: zeros(exchange[0])}); err != nil {
				return err
			}
		}
		response := &StreamingInputCallResponse{}
		if err := closeAndReceive(stream, response); err != nil {
			return err
		}
		if response.AggregatedPayloadSize != 74922 {
			return fmt.Errorf("the server received %d bytes", response.AggregatedPayloadSize)
		}
		return nil
	},
	"server_streaming": func(ctx context.Context, conn *grpc.ClientConn) error {
		return receiveOutput(ctx, conn, []*ResponseParameters{{Size: 31415}, {Size: 9}, {Size: 2653}, {Size: 58979}})
	},
	"server_compressed_streaming": func(ctx context.Context, conn *grpc.ClientConn) error {
		return receiveOutput(acceptGzip(ctx), conn, []*ResponseParameters{
			{Size: 31415, Compressed: &BoolValue{Value: true}},
			{Size: 92653, Compressed: &BoolValue{}},
		})
	},
	"ping_pong": func(ctx context.Context, conn *grpc.ClientConn) error {
		stream, err := open(ctx, conn, "FullDuplexCall")
		if err != nil {
			return err
		}
		for _, exchange := range exchanges {
			if err := exchangePayloads(stream, exchange); err != nil {
				return err
			}
		}
		return expectEnd(stream)
	},
	"empty_stream": func(ctx context.Context, conn *grpc.ClientConn) error {
		stream, err := open(ctx, conn, "FullDuplexCall")
		if err != nil {
			return err
		}
		return expectEnd(stream)
	},
	"cancel_after_begin": func(ctx context.Context, conn *grpc.ClientConn) error {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		stream, err := open(ctx, conn, "StreamingInputCall")
		if err != nil {
			return err
		}
		cancel()
		return expect(stream.RecvMsg(&StreamingInputCallResponse{}), codes.Canceled, "")
	},
	"cancel_after_first_response": func(ctx context.Context, conn *grpc.ClientConn) error {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		stream, err := open(ctx, conn, "FullDuplexCall")
		if err != nil {
			return err
		}
		if err := exchangePayloads(stream, exchanges[0]); err != nil {
			return err
		}
		cancel()
		return expect(stream.RecvMsg(&StreamingOutputCallResponse{}), codes.Canceled, "")
	},
	"timeout_on_sleeping_server": func(ctx context.Context, conn *grpc.ClientConn) error {
		ctx, cancel := context.WithTimeout(ctx, time.Millisecond)
		defer cancel()
		stream, err := open(ctx, conn, "FullDuplexCall")
		if err == nil {
			// If the deadline has passed, RecvMsg reports it.
			_ = stream.SendMsg(&StreamingOutputCallRequest{Payload: zeros(27182)})
			err = stream.RecvMsg(&StreamingOutputCallResponse{})
		}
		return expect(err, codes.DeadlineExceeded, "")
	},
	"unimplemented_method": func(ctx context.Context, conn *grpc.ClientConn) error {
		err := conn.Invoke(ctx, service+"UnimplementedCall", &Empty{}, &Empty{})
		return expect(err, codes.Unimplemented, "")
	},
	"unimplemented_service": func(ctx context.Context, conn *grpc.ClientConn) error {
		err := conn.Invoke(ctx, "/grpc.testing.UnimplementedService/UnimplementedCall", &Empty{}, &Empty{})
		return expect(err, codes.Unimplemented, "")
	},
	"status_code_and_message": func(ctx context.Context, conn *grpc.ClientConn) error {
		message := "test status message"
		if err := failUnary(ctx, conn, message); err != nil {
			return err
		}
		stream, err := open(ctx, conn, "FullDuplexCall")
		if err != nil {
			return err
		}
		request := &StreamingOutputCallRequest{ResponseStatus: &EchoStatus{Code: 2, Message: message}}
		if err := stream.SendMsg(request); err != nil {
			return err
		}
		return expect(closeAndReceive(stream, &StreamingOutputCallResponse{}), codes.Unknown, message)
	},
	"special_status_message": func(ctx context.Context, conn *grpc.ClientConn) error {
		return failUnary(ctx, conn, "\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n")
	},
	"custom_metadata": func(ctx context.Context, conn *grpc.ClientConn) error {
		ctx = metadata.AppendToOutgoingContext(
			ctx, initialKey, "test_initial_metadata_value", trailingKey, "\xab\xab\xab",
		)
		var header, trailer metadata.MD
		if err := largeCall(ctx, conn, SimpleRequest{}, grpc.Header(&header), grpc.Trailer(&trailer)); err != nil {
			return err
		}
		if err := expectMetadata(header, trailer); err != nil {
			return err
		}
		stream, err := open(ctx, conn, "FullDuplexCall")
		if err != nil {
			return err
		}
		if err := exchangePayloads(stream, [2]int{271828, 314159}); err != nil {
			return err
		}
		if err := expectEnd(stream); err != nil {
			return err
		}
		header, err = stream.Header()
		if err != nil {
			return err
		}
		return expectMetadata(header, stream.Trailer())
	},
}

func runCase(name, port string, tls []string) error {
	security := grpc.WithInsecure()
	if len(tls) > 0 {
		creds, err := credentials.NewClientTLSFromFile(tls[0], tls[1])
		if err != nil {
			return err
		}
		security = grpc.WithTransportCredentials(creds)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	conn, err := grpc.DialContext(ctx, "127.0.0.1:"+port, security, grpc.WithBlock())
	if err != nil {
		return err
	}
	defer conn.Close()
	return cases[name](ctx, conn)
}

// Opens a stream of any kind. The description of a bidirectional stream works for the other kinds too.
func open(ctx context.Context, conn *grpc.ClientConn, method string) (grpc.ClientStream, error) {
	return conn.NewStream(ctx, &grpc.StreamDesc{ClientStreams: true, ServerStreams: true}, service+method)
}

// Announces that the client accepts gzip, like grpc-go since 1.50: https://github.com/grpc/grpc-go/pull/5541
func acceptGzip(ctx context.Context) context.Context {
	return metadata.AppendToOutgoingContext(ctx, "grpc-accept-encoding", gzip.Name)
}

func largeCall(ctx context.Context, conn *grpc.ClientConn, request SimpleRequest, options ...grpc.CallOption) error {
	request.ResponseSize, request.Payload = 314159, zeros(271828)
	response := &SimpleResponse{}
	if err := conn.Invoke(ctx, service+"UnaryCall", &request, response, options...); err != nil {
		return err
	}
	return expectZeros(response.Payload, 314159)
}

func receiveOutput(ctx context.Context, conn *grpc.ClientConn, parameters []*ResponseParameters) error {
	stream, err := open(ctx, conn, "StreamingOutputCall")
	if err != nil {
		return err
	}
	if err := stream.SendMsg(&StreamingOutputCallRequest{ResponseParameters: parameters}); err != nil {
		return err
	}
	if err := stream.CloseSend(); err != nil {
		return err
	}
	for _, expected := range parameters {
		response := &StreamingOutputCallResponse{}
		if err := stream.RecvMsg(response); err != nil {
			return err
		}
		if err := expectZeros(response.Payload, int(expected.Size)); err != nil {
			return err
		}
	}
	return expectEnd(stream)
}

func exchangePayloads(stream grpc.ClientStream, exchange [2]int) error {
	request := &StreamingOutputCallRequest{
		Payload:            zeros(exchange[0]),
		ResponseParameters: []*ResponseParameters{{Size: int32(exchange[1])}},
	}
	if err := stream.SendMsg(request); err != nil {
		return err
	}
	response := &StreamingOutputCallResponse{}
	if err := stream.RecvMsg(response); err != nil {
		return err
	}
	return expectZeros(response.Payload, exchange[1])
}

func closeAndReceive(stream grpc.ClientStream, response interface{}) error {
	if err := stream.CloseSend(); err != nil {
		return err
	}
	return stream.RecvMsg(response)
}

func failUnary(ctx context.Context, conn *grpc.ClientConn, message string) error {
	request := &SimpleRequest{ResponseStatus: &EchoStatus{Code: 2, Message: message}}
	err := conn.Invoke(ctx, service+"UnaryCall", request, &SimpleResponse{})
	return expect(err, codes.Unknown, message)
}

func expect(err error, code codes.Code, message string) error {
	if actual := status.Convert(err); actual.Code() != code || (message != "" && actual.Message() != message) {
		return fmt.Errorf("the call ended with %q, not %v %q", err, code, message)
	}
	return nil
}

func expectEnd(stream grpc.ClientStream) error {
	if err := closeAndReceive(stream, &StreamingOutputCallResponse{}); err != io.EOF {
		return fmt.Errorf("the stream did not end with OK: %v", err)
	}
	return nil
}

func expectZeros(payload *Payload, size int) error {
	if payload == nil || !bytes.Equal(payload.Body, make([]byte, size)) {
		return fmt.Errorf("the payload is not %d zeros", size)
	}
	return nil
}

func expectMetadata(header, trailer metadata.MD) error {
	initial, trailing := header.Get(initialKey), trailer.Get(trailingKey)
	if len(initial) != 1 || initial[0] != "test_initial_metadata_value" || len(trailing) != 1 || trailing[0] != "\xab\xab\xab" {
		return fmt.Errorf("unexpected metadata: %q, %q", header, trailer)
	}
	return nil
}
