import type { TestContext } from "node:test";
import type {
  ClientDuplexStream,
  ClientReadableStream,
  ClientWritableStream,
  Metadata,
  StatusObject,
} from "@grpc/grpc-js";
import { EchoRequest, EchoResponse, EchoService } from "@hello/testing/echo";
import type { Servicer } from "../src/calls/servicer.js";
import { type EchoServerOptions, serveEcho } from "./echo-server.js";

/** Handlers of a test that replace some of the Echo service. */
export type Handlers = Partial<Servicer<typeof EchoService>>;
type Bidi = ClientDuplexStream<EchoRequest, EchoResponse>;

/** Received values and status of a call. */
export interface Outcome {
  readonly values: readonly string[];
  readonly code: number;
  readonly details: string;
  readonly metadata: Metadata;
}

/** Creates a request of the Echo service. */
export const requestOf = (value: string): EchoRequest => new EchoRequest().setValue(value);
/** Creates a response of the Echo service. */
export const responseOf = (value: string): EchoResponse => new EchoResponse().setValue(value);

/** Serves the Echo service until the test ends. Each method of the result opens a call. */
export async function serveStreams(t: TestContext, handlers: Handlers = {}, options: EchoServerOptions = {}) {
  const server = await serveEcho(handlers, options);
  t.after(() => server[Symbol.asyncDispose]());
  const { client } = server;
  const { serverStream, clientStream, bidiStream } = EchoService;
  const defaults = () => ({ deadline: Date.now() + 30_000 });
  return {
    ...server,
    errors: () => server.log.lines.filter(({ level }) => level >= 50),
    serverStream(callOptions = defaults()): ClientReadableStream<EchoResponse> {
      const { path, requestSerialize, responseDeserialize } = serverStream;
      return client.makeServerStreamRequest(path, requestSerialize, responseDeserialize, requestOf("a"), callOptions);
    },
    bidiStream(callOptions = defaults()): Bidi {
      const { path, requestSerialize, responseDeserialize } = bidiStream;
      return client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize, callOptions);
    },
    clientStream(callOptions = defaults()): { call: ClientWritableStream<EchoRequest>; outcome: Promise<Outcome> } {
      const { path, requestSerialize, responseDeserialize } = clientStream;
      const values: string[] = [];
      const call = client.makeClientStreamRequest(
        path,
        requestSerialize,
        responseDeserialize,
        callOptions,
        (_error, response) => values.push(...(response ? [response.getValue()] : [])),
      );
      return { call, outcome: outcomeOf(call, values) };
    },
  };
}

/** Resolves with the status of a call and the values received until then. Never rejects. */
export function outcomeOf(
  call: ClientReadableStream<EchoResponse> | ClientWritableStream<EchoRequest>,
  values: readonly string[],
) {
  return new Promise<Outcome>((resolve) => {
    call.on("error", () => {
      // The status event reports the same.
    });
    call.on("status", ({ code, details, metadata }: StatusObject) => resolve({ values, code, details, metadata }));
  });
}

/** Reads a call to its end. */
export function readAll(call: ClientReadableStream<EchoResponse>): Promise<Outcome> {
  const values: string[] = [];
  call.on("data", (response: EchoResponse) => values.push(response.getValue()));
  return outcomeOf(call, values);
}

/** Creates a promise and the function that resolves it. */
export function deferred() {
  let resolve = () => {};
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
