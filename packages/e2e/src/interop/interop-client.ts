import { type CallOptions, ServiceClient, type StreamOptions } from "@hello/grpc-client";
import {
  type Empty,
  type SimpleRequest,
  type StreamingInputCallRequest,
  type StreamingOutputCallRequest,
  TestServiceService,
  UnimplementedServiceService,
} from "./test-service.js";

type Stream<Message> = Iterable<Message> | AsyncIterable<Message>;

/** Client of grpc.testing.TestService. */
export class InteropClient extends ServiceClient {
  emptyCall(request: Empty, options?: CallOptions) {
    return this.unary(TestServiceService.emptyCall, request, options);
  }

  unaryCall(request: SimpleRequest, options?: CallOptions) {
    return this.unary(TestServiceService.unaryCall, request, options);
  }

  streamingInputCall(requests: Stream<StreamingInputCallRequest>, options?: StreamOptions) {
    return this.clientStream(TestServiceService.streamingInputCall, requests, options);
  }

  streamingOutputCall(request: StreamingOutputCallRequest, options?: StreamOptions) {
    return this.serverStream(TestServiceService.streamingOutputCall, request, options);
  }

  fullDuplexCall(requests: Stream<StreamingOutputCallRequest>, options?: StreamOptions) {
    return this.bidiStream(TestServiceService.fullDuplexCall, requests, options);
  }

  unimplementedMethod(request: Empty, options?: CallOptions) {
    return this.unary(TestServiceService.unimplementedCall, request, options);
  }

  unimplementedService(request: Empty, options?: CallOptions) {
    return this.unary(UnimplementedServiceService.unimplementedCall, request, options);
  }
}
