import type { ServerDuplexStream } from "@grpc/grpc-js";
import { type EchoRequest, EchoResponse, EchoService } from "@hello/testing/echo";
import { deferred } from "./deferred.js";
import { serve } from "./test-server.js";

export type Chat = ServerDuplexStream<EchoRequest, EchoResponse>;

/** Answers a request with its value. */
export function answer(call: Chat, request: EchoRequest): boolean {
  return call.write(new EchoResponse().setValue(request.getValue()));
}

/** Answers each request with its value. */
export function echoEach(call: Chat): void {
  call.on("data", (request: EchoRequest) => answer(call, request));
  call.on("end", () => call.end());
}

/** Starts a server of the Echo contract's bidirectional stream. */
export function serveChats(handler: (call: Chat) => void = echoEach) {
  const { bidiStream } = EchoService;
  return serve({ services: [[{ bidiStream }, { bidiStream: handler }]] });
}

/** Starts a server that never answers, and hands its first call to the test. */
export async function serveSilentChats() {
  const arrived = deferred<Chat>();
  const server = await serveChats((call) => arrived.resolve(call));
  return Object.assign(server, { arrived: arrived.promise });
}

/** Reads a stream of responses to its end. */
export async function valuesOf(responses: AsyncIterable<EchoResponse>): Promise<string[]> {
  const values: string[] = [];
  for await (const response of responses) {
    values.push(response.getValue());
  }
  return values;
}
