import { setTimeout as delay } from "node:timers/promises";
import { status } from "@grpc/grpc-js";
import { type ServerCall, StatusError } from "@hello/grpc-server";
import { zeros } from "./payloads.js";
import { compressedRequests } from "./request-compression.js";
import {
  type BoolValue,
  type EchoStatus,
  Empty,
  echoInitialKey,
  echoTrailingKey,
  type SimpleRequest,
  SimpleResponse,
  type StreamingInputCallRequest,
  StreamingInputCallResponse,
  type StreamingOutputCallRequest,
  StreamingOutputCallResponse,
} from "./test-service.js";

/**
 * Handlers of the methods that the standard cases call.
 *
 * @see https://github.com/grpc/grpc/blob/master/doc/interop-test-descriptions.md#server
 */
export const testServicer = {
  async emptyCall(): Promise<Empty> {
    return new Empty();
  },

  async unaryCall(request: SimpleRequest, call: ServerCall): Promise<SimpleResponse> {
    checkCompression(request.getExpectCompressed(), compressedRequests(call)[0]);
    echoMetadata(call);
    echoStatus(request.getResponseStatus());
    checkType(request.getResponseType());
    setCompression(call, request.getResponseCompressed());
    return new SimpleResponse().setPayload(zeros(request.getResponseSize()));
  },

  async streamingInputCall(
    requests: AsyncIterable<StreamingInputCallRequest>,
    call: ServerCall,
  ): Promise<StreamingInputCallResponse> {
    let size = 0;
    let index = 0;
    for await (const request of requests) {
      checkCompression(request.getExpectCompressed(), compressedRequests(call)[index++]);
      size += request.getPayload()?.getBody().length ?? 0;
    }
    return new StreamingInputCallResponse().setAggregatedPayloadSize(size);
  },

  streamingOutputCall(request: StreamingOutputCallRequest, call: ServerCall) {
    return respond(request, call);
  },

  async *fullDuplexCall(requests: AsyncIterable<StreamingOutputCallRequest>, call: ServerCall) {
    echoMetadata(call);
    for await (const request of requests) {
      yield* respond(request, call);
    }
  },
};

async function* respond(
  request: StreamingOutputCallRequest,
  call: ServerCall,
): AsyncGenerator<StreamingOutputCallResponse> {
  echoStatus(request.getResponseStatus());
  checkType(request.getResponseType());
  for (const parameters of request.getResponseParametersList()) {
    if (parameters.getIntervalUs() > 0) {
      await delay(parameters.getIntervalUs() / 1_000, undefined, { signal: call.signal });
    }
    setCompression(call, parameters.getCompressed());
    yield new StreamingOutputCallResponse().setPayload(zeros(parameters.getSize()));
  }
}

function checkCompression(expected: BoolValue | undefined, compressed: boolean | undefined): void {
  if (expected !== undefined && expected.getValue() !== compressed) {
    const details = compressed ? "the request is compressed" : "the request is not compressed";
    throw new StatusError(status.INVALID_ARGUMENT, details);
  }
}

function checkType(type: number): void {
  if (type !== 0) {
    throw new StatusError(status.INVALID_ARGUMENT, `unsupported response type ${type}`);
  }
}

function echoStatus(requested: EchoStatus | undefined): void {
  if (requested !== undefined && requested.getCode() !== status.OK) {
    throw new StatusError(requested.getCode(), requested.getMessage());
  }
}

function echoMetadata({ metadata, responseMetadata, trailers }: ServerCall): void {
  for (const value of metadata.get(echoInitialKey)) {
    responseMetadata.add(echoInitialKey, value);
  }
  for (const value of metadata.get(echoTrailingKey)) {
    trailers.add(echoTrailingKey, value);
  }
}

function setCompression(call: ServerCall, requested: BoolValue | undefined): void {
  if (requested !== undefined) {
    call.compression = requested.getValue() ? "gzip" : "identity";
  }
}
