import {
  type ClientDuplexStream,
  type ClientOptions,
  type ClientReadableStream,
  type ClientWritableStream,
  credentials,
  type Metadata,
  type StatusObject,
} from "@grpc/grpc-js";
import { callUnary } from "@hello/testing/call-unary";
import { EchoClient, EchoRequest, type EchoResponse, EchoService } from "@hello/testing/echo";
import type { Statistics } from "./streaming-server-process.js";

/** Result of a stream. */
export interface Outcome {
  /** Values of the responses. */
  readonly values: readonly string[];
  readonly code: number;
  readonly details: string;
  readonly metadata: Metadata;
}

/** Request of a client stream or bidirectional stream that is open. */
export interface OpenStream<Call> {
  readonly call: Call;
  /** Resolves with the result, whatever it is. */
  readonly outcome: Promise<Outcome>;
}

/** Client of Echo by grpc-js alone, with a connection of its own. */
export interface EchoCaller extends Disposable {
  unary(request: EchoRequest): Promise<string>;
  serverStream(request: EchoRequest): OpenStream<ClientReadableStream<EchoResponse>>;
  clientStream(...requests: readonly EchoRequest[]): OpenStream<ClientWritableStream<EchoRequest>>;
  bidiStream(...requests: readonly EchoRequest[]): OpenStream<ClientDuplexStream<EchoRequest, EchoResponse>>;
  statistics(): Promise<Statistics>;
  /** Resolves with the first statistics that match; asks again and again. */
  statisticsWhere(matches: (statistics: Statistics) => boolean): Promise<Statistics>;
}

/** Creates a request with a value. */
export function requestOf(value: string): EchoRequest {
  return new EchoRequest().setValue(value);
}

/** Creates an {@link EchoCaller}. Its streams are read as fast as they come. */
export function createEchoCaller(address: string, options: ClientOptions = {}): EchoCaller {
  const client = new EchoClient(address, credentials.createInsecure(), {
    "grpc.use_local_subchannel_pool": 1,
    "grpc.max_receive_message_length": -1,
    ...options,
  });
  const unary = async (request: EchoRequest) =>
    (await callUnary(client, EchoService.unary, request, { timeoutMs: 60_000 })).getValue();
  const statistics = async () => JSON.parse(await unary(requestOf("statistics"))) as Statistics;
  return {
    unary,
    serverStream(request) {
      const call = client.serverStream(request);
      return { call, outcome: ended(call, readValues(call)) };
    },
    clientStream(...requests) {
      const values: string[] = [];
      const call = client.clientStream((_error, response) => values.push(...(response ? [response.getValue()] : [])));
      write(call, requests);
      return { call, outcome: ended(call, values) };
    },
    bidiStream(...requests) {
      const call = client.bidiStream();
      write(call, requests);
      return { call, outcome: ended(call, readValues(call)) };
    },
    statistics,
    async statisticsWhere(matches) {
      for (;;) {
        const current = await statistics();
        if (matches(current)) {
          return current;
        }
      }
    },
    [Symbol.dispose]: () => client.close(),
  };
}

function write(call: ClientWritableStream<EchoRequest>, requests: readonly EchoRequest[]): void {
  for (const request of requests) {
    call.write(request);
  }
}

function readValues(call: ClientReadableStream<EchoResponse>): readonly string[] {
  const values: string[] = [];
  call.on("data", (response: EchoResponse) => values.push(response.getValue()));
  return values;
}

function ended(
  call: ClientReadableStream<EchoResponse> | ClientWritableStream<EchoRequest>,
  values: readonly string[],
): Promise<Outcome> {
  return new Promise((resolve) => {
    call.on("error", () => {
      // Its status says the same.
    });
    call.on("status", ({ code, details, metadata }: StatusObject) => resolve({ values, code, details, metadata }));
  });
}
