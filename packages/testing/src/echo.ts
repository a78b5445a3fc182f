/** Generated code of the Echo service. */
import { fileURLToPath } from "node:url";
import services from "../gen/echo_grpc_pb.js";
import messages from "../gen/echo_pb.js";

export type { IEchoClient, IEchoServer } from "../gen/echo_grpc_pb.js";

export const { EchoClient, EchoService } = services;
export const { EchoRequest, EchoResponse } = messages;
export type EchoRequest = messages.EchoRequest;
export type EchoResponse = messages.EchoResponse;

// Server reflection reads the descriptors from this file.
Object.defineProperty(EchoService, Symbol.for("grpc.descriptorSet"), {
  value: fileURLToPath(new URL("../gen/descriptors.binpb", import.meta.url)),
});
