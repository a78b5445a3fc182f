package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	_ "google.golang.org/grpc/encoding/gzip"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/stats"
	"google.golang.org/grpc/status"
)

// Records for each call whether its last request was compressed, by its size on the wire: all payloads are zeros.
type compression struct{}

type compressedKey struct{}

func (compression) TagRPC(ctx context.Context, _ *stats.RPCTagInfo) context.Context {
	return context.WithValue(ctx, compressedKey{}, new(bool))
}

func (compression) HandleRPC(ctx context.Context, event stats.RPCStats) {
	if request, ok := event.(*stats.InPayload); ok {
		*ctx.Value(compressedKey{}).(*bool) = request.WireLength < request.Length/2
	}
}

func (compression) TagConn(ctx context.Context, _ *stats.ConnTagInfo) context.Context { return ctx }

func (compression) HandleConn(context.Context, stats.ConnStats) {}

func serve(tls []string) error {
	options := []grpc.ServerOption{grpc.StatsHandler(compression{})}
	if len(tls) > 0 {
		creds, err := credentials.NewServerTLSFromFile(tls[0], tls[1])
		if err != nil {
			return err
		}
		options = append(options, grpc.Creds(creds))
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := grpc.NewServer(options...)
	server.RegisterService(&grpc.ServiceDesc{
		ServiceName: "grpc.testing.TestService",
		HandlerType: (*interface{})(nil),
		Methods: []grpc.MethodDesc{
			{MethodName: "EmptyCall", Handler: emptyCall},
			{MethodName: "UnaryCall", Handler: unaryCall},
		},
		Streams: []grpc.StreamDesc{
			{StreamName: "StreamingInputCall", Handler: streamingInputCall, ClientStreams: true},
			{StreamName: "StreamingOutputCall", Handler: outputCall, ServerStreams: true},
			{StreamName: "FullDuplexCall", Handler: outputCall, ClientStreams: true, ServerStreams: true},
		},
	}, struct{}{})
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	return server.Serve(listener)
}

type decode = func(interface{}) error

func emptyCall(_ interface{}, _ context.Context, read decode, _ grpc.UnaryServerInterceptor) (interface{}, error) {
	return &Empty{}, read(&Empty{})
}

func unaryCall(_ interface{}, ctx context.Context, read decode, _ grpc.UnaryServerInterceptor) (interface{}, error) {
	request := &SimpleRequest{}
	if err := read(request); err != nil {
		return nil, err
	}
	if err := checkCompression(ctx, request.ExpectCompressed); err != nil {
		return nil, err
	}
	header, trailer := echoedMetadata(ctx)
	if err := grpc.SetHeader(ctx, header); err != nil {
		return nil, err
	}
	if err := grpc.SetTrailer(ctx, trailer); err != nil {
		return nil, err
	}
	if err := echoedStatus(request.ResponseStatus); err != nil {
		return nil, err
	}
	return &SimpleResponse{Payload: zeros(int(request.ResponseSize))}, nil
}

func streamingInputCall(_ interface{}, stream grpc.ServerStream) error {
	response := &StreamingInputCallResponse{}
	for {
		request := &StreamingInputCallRequest{}
		if err := stream.RecvMsg(request); err == io.EOF {
			return stream.SendMsg(response)
		} else if err != nil {
			return err
		}
		if err := checkCompression(stream.Context(), request.ExpectCompressed); err != nil {
			return err
		}
		response.AggregatedPayloadSize += int32(len(request.Payload.Body))
	}
}

// Handles both StreamingOutputCall, with one request, and FullDuplexCall, with any number.
func outputCall(_ interface{}, stream grpc.ServerStream) error {
	header, trailer := echoedMetadata(stream.Context())
	if err := stream.SetHeader(header); err != nil {
		return err
	}
	stream.SetTrailer(trailer)
	for {
		request := &StreamingOutputCallRequest{}
		if err := stream.RecvMsg(request); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		if err := echoedStatus(request.ResponseStatus); err != nil {
			return err
		}
		for _, parameters := range request.ResponseParameters {
			time.Sleep(time.Duration(parameters.IntervalUs) * time.Microsecond)
			if err := stream.SendMsg(&StreamingOutputCallResponse{Payload: zeros(int(parameters.Size))}); err != nil {
				return err
			}
		}
	}
}

func checkCompression(ctx context.Context, expected *BoolValue) error {
	if expected != nil && expected.Value != *ctx.Value(compressedKey{}).(*bool) {
		return status.Errorf(codes.InvalidArgument, "the compression of the request is not %v", expected.Value)
	}
	return nil
}

func echoedMetadata(ctx context.Context) (header, trailer metadata.MD) {
	received, _ := metadata.FromIncomingContext(ctx)
	header, trailer = metadata.MD{}, metadata.MD{}
	header.Append(initialKey, received.Get(initialKey)...)
	trailer.Append(trailingKey, received.Get(trailingKey)...)
	return header, trailer
}

func echoedStatus(requested *EchoStatus) error {
	if requested == nil {
		return nil
	}
	return status.Error(codes.Code(requested.Code), requested.Message)
}
