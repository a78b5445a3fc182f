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

/** Outcome of a stream. */
export interface Outcome {
  /** Values of the responses. */
  readonly values: readonly string[];
  readonly code: number;
  readonly details: string;
  readonly metadata: Metadata;
}

/** Stream that has been opened. */
export interface OpenStream<Call> {
  readonly call: Call;
  /** Resolves with the outcome, also if the stream fails. */
  readonly outcome: Promise<Outcome>;
}

/** Echo client on top of grpc-js alone, with its own connection. */
export interface EchoCaller extends Disposable {
  unary(request: EchoRequest): Promise<string>;
  serverStream(request: EchoRequest): OpenStream<ClientReadableStream<EchoResponse>>;
  clientStream(...requests: readonly EchoRequest[]): OpenStream<ClientWritableStream<EchoRequest>>;
  bidiStream(...requests: readonly EchoRequest[]): OpenStream<ClientDuplexStream<EchoRequest, EchoResponse>>;
  statistics(): Promise<Statistics>;
  /** Polls the statistics until they match, and resolves with them. */
  statisticsWhere(matches: (statistics: Statistics) => boolean): Promise<Statistics>;
}

/** Creates a request with a value. */
export function requestOf(value: string): EchoRequest {
  return new EchoRequest().setValue(value);
}

/** Creates an {@link EchoCaller}, which reads responses as fast as they arrive. */
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
      return { call, outcome: collectOutcome(call, readValues(call)) };
    },
    clientStream(...requests) {
      const values: string[] = [];
      const call = client.clientStream((_error, response) => values.push(...(response ? [response.getValue()] : [])));
      write(call, requests);
      return { call, outcome: collectOutcome(call, values) };
    },
    bidiStream(...requests) {
      const call = client.bidiStream();
      write(call, requests);
      return { call, outcome: collectOutcome(call, readValues(call)) };
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

function collectOutcome(
  call: ClientReadableStream<EchoResponse> | ClientWritableStream<EchoRequest>,
  values: readonly string[],
): Promise<Outcome> {
  return new Promise((resolve) => {
    call.on("error", () => {
      // The status event reports the same error.
    });
    call.on("status", ({ code, details, metadata }: StatusObject) => resolve({ values, code, details, metadata }));
  });
}
