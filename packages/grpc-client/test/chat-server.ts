import type { ServerDuplexStream } from "@grpc/grpc-js";
import { type EchoRequest, EchoResponse, EchoService } from "@hello/testing/echo";
import { deferred } from "./deferred.js";
import { serve } from "./test-server.js";

export type Chat = ServerDuplexStream<EchoRequest, EchoResponse>;

/** Sends a response with the value of a request. */
export function echoRequest(call: Chat, request: EchoRequest): boolean {
  return call.write(new EchoResponse().setValue(request.getValue()));
}

/** Sends a response with the value of each request. */
export function echoEach(call: Chat): void {
  call.on("data", (request: EchoRequest) => echoRequest(call, request));
  call.on("end", () => call.end());
}

/** Starts a server for the bidirectional streams of the Echo service. */
export function serveChats(handler: (call: Chat) => void = echoEach) {
  const { bidiStream } = EchoService;
  return serve({ services: [[{ bidiStream }, { bidiStream: handler }]] });
}

/** Starts a server that never responds. `arrived` resolves with its first call. */
export async function serveSilentChats() {
  const arrived = deferred<Chat>();
  const server = await serveChats((call) => arrived.resolve(call));
  return Object.assign(server, { arrived: arrived.promise });
}

/** Reads a stream of responses to its end, and returns their values. */
export async function valuesOf(responses: AsyncIterable<EchoResponse>): Promise<string[]> {
  const values: string[] = [];
  for await (const response of responses) {
    values.push(response.getValue());
  }
  return values;
}
