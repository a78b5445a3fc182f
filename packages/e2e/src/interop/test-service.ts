/** Generated contract of gRPC's interoperability tests. */
import { fileURLToPath } from "node:url";
import services from "../../gen/interop_grpc_pb.js";
import messages from "../../gen/interop_pb.js";

export const { TestServiceService, UnimplementedServiceService } = services;
export const {
  BoolValue,
  EchoStatus,
  Empty,
  Payload,
  ResponseParameters,
  SimpleRequest,
  SimpleResponse,
  StreamingInputCallRequest,
  StreamingInputCallResponse,
  StreamingOutputCallRequest,
  StreamingOutputCallResponse,
} = messages;
export type BoolValue = messages.BoolValue;
export type EchoStatus = messages.EchoStatus;
export type Empty = messages.Empty;
export type Payload = messages.Payload;
export type SimpleRequest = messages.SimpleRequest;
export type SimpleResponse = messages.SimpleResponse;
export type StreamingInputCallRequest = messages.StreamingInputCallRequest;
export type StreamingInputCallResponse = messages.StreamingInputCallResponse;
export type StreamingOutputCallRequest = messages.StreamingOutputCallRequest;
export type StreamingOutputCallResponse = messages.StreamingOutputCallResponse;

/** Descriptor set of the contract, for peers that build their messages at run time. */
export const descriptorFile = fileURLToPath(new URL("../../gen/descriptors.binpb", import.meta.url));

/** Metadata key that a server echoes in its initial metadata. */
export const echoInitialKey = "x-grpc-test-echo-initial";
/** Metadata key that a server echoes in its trailers. */
export const echoTrailingKey = "x-grpc-test-echo-trailing-bin";
