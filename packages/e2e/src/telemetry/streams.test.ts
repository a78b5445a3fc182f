// @own-process: registers an SDK of OpenTelemetry.
import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { status } from "@grpc/grpc-js";
import { ServiceClient } from "@hello/grpc-client";
import { bindService, createServer, type Servicer, StatusError } from "@hello/grpc-server";
import { EchoRequest, EchoResponse, EchoService } from "@hello/testing/echo";
import { echoServicer } from "@hello/testing/echo-servicer";
import { startInMemoryTelemetry } from "@hello/testing/in-memory-telemetry";
import { api } from "@opentelemetry/sdk-node";

const { SpanKind } = api;

type Requests = Iterable<EchoRequest> | AsyncIterable<EchoRequest>;

class EchoClient extends ServiceClient {
  echoStream(request: EchoRequest) {
    return this.serverStream(EchoService.serverStream, request);
  }

  collect(requests: Requests, signal?: AbortSignal) {
    return this.clientStream(EchoService.clientStream, requests, { signal });
  }

  chat(requests: Requests) {
    return this.bidiStream(EchoService.bidiStream, requests);
  }
}

const telemetry = startInMemoryTelemetry();

const request = (value: string) => new EchoRequest().setValue(value);

/** Requests of 3, 4 and 5 bytes. */
const requests = ["a", "bc", "def"].map(request);

/** Yields one request and never ends. */
async function* oneRequest() {
  yield request("a");
  await new Promise(() => undefined);
}

/** Serves Echo and makes a call. Resolves when both client and server have finished it. */
async function observe(
  call: (client: EchoClient) => Promise<void>,
  handlers: Partial<Servicer<typeof EchoService>> = {},
) {
  await using server = createServer({
    addresses: ["127.0.0.1:0"],
    services: [bindService(EchoService, { ...echoServicer, ...handlers })],
  });
  const [address = ""] = await server.start();
  await using client = new EchoClient(address);
  await call(client);
}

/** Reads the metrics of one call on both sides, with the total sizes of its messages. */
async function readMetrics() {
  const metrics = await telemetry.measurements();
  const readSide = (side: "server.call" | "client.attempt") => {
    const only = (name: string) => {
      const points = metrics[`grpc.${side}.${name}`] ?? [];
      assert.deepEqual(
        points.map(({ count }) => count),
        [1],
        `grpc.${side}.${name}`,
      );
      return points[0];
    };
    const duration = only("duration");
    assert.ok(duration !== undefined && duration.sum > 0);
    const started = only("started");
    assert.equal(started?.attributes["grpc.method"], duration.attributes["grpc.method"]);
    return {
      method: duration.attributes["grpc.method"],
      status: duration.attributes["grpc.status"],
      sentBytes: only("sent_total_compressed_message_size")?.sum,
      receivedBytes: only("rcvd_total_compressed_message_size")?.sum,
    };
  };
  assert.deepEqual(
    metrics["grpc.client.call.duration"]?.map(({ count }) => count),
    [1],
  );
  return { server: readSide("server.call"), client: readSide("client.attempt") };
}

/** Checks that a call has one span on each side, without events, and that the client's is the parent of the server's. */
function checkSpans(method: string, codes: { readonly server: number; readonly client: number }): void {
  const spans = telemetry.spans();
  assert.equal(spans.length, 2);
  const [server, client] = [SpanKind.SERVER, SpanKind.CLIENT].map((kind) => spans.find((span) => span.kind === kind));
  assert.equal(server?.parentSpanContext?.spanId, client?.spanContext().spanId);
  for (const [span, code] of [
    [server, codes.server],
    [client, codes.client],
  ] as const) {
    assert.equal(span?.name, method);
    assert.equal(span?.attributes["rpc.grpc.status_code"], code);
    assert.deepEqual(span?.events, []);
  }
}

/** Reads a stream to its end, and resolves with the number of its responses. */
async function count(responses: AsyncIterable<EchoResponse>): Promise<number> {
  let count = 0;
  for await (const _ of responses) {
    count++;
  }
  return count;
}

interface Case {
  readonly method: string;
  readonly requestBytes: number;
  readonly responseBytes: number;
  readonly call: (client: EchoClient) => Promise<void>;
}

const complete: readonly Case[] = [
  {
    method: "testing.v1.Echo/ServerStream",
    requestBytes: 6,
    // The second and third response have an index of two bytes.
    responseBytes: 4 + 6 + 6,
    async call(client) {
      assert.equal(await count(client.echoStream(request("ab").setCount(3))), 3);
    },
  },
  {
    method: "testing.v1.Echo/ClientStream",
    requestBytes: 3 + 4 + 5,
    responseBytes: 12,
    async call(client) {
      assert.equal((await client.collect(requests)).getValue(), "a bc def");
    },
  },
  {
    method: "testing.v1.Echo/BidiStream",
    requestBytes: 3 + 4 + 5,
    responseBytes: 3 + 6 + 7,
    async call(client) {
      assert.equal(await count(client.chat(requests)), 3);
    },
  },
];

for (const { method, requestBytes, responseBytes, call } of complete) {
  test(`counts ${method} once with its total sizes, and records one span on each side`, async () => {
    await observe(call);
    checkSpans(method, { server: status.OK, client: status.OK });
    assert.deepEqual(await readMetrics(), {
      server: { method, status: "OK", sentBytes: responseBytes, receivedBytes: requestBytes },
      client: { method, status: "OK", sentBytes: requestBytes, receivedBytes: responseBytes },
    });
  });
}

/** Stops reading a stream after the first response. */
async function readOne(responses: AsyncIterable<EchoResponse>): Promise<void> {
  for await (const _ of responses) {
    return;
  }
}

const cancelled: readonly (Case & { readonly handlers?: Partial<Servicer<typeof EchoService>> })[] = (() => {
  const controller = new AbortController();
  return [
    {
      method: "testing.v1.Echo/ServerStream",
      requestBytes: 5,
      responseBytes: 3,
      call: (client) => readOne(client.echoStream(request("a").setCount(2))),
      handlers: {
        async *serverStream(request, call) {
          yield new EchoResponse().setValue(request.getValue());
          await once(call.signal, "abort");
        },
      },
    },
    {
      method: "testing.v1.Echo/ClientStream",
      requestBytes: 3,
      responseBytes: 0,
      async call(client) {
        await assert.rejects(client.collect(oneRequest(), controller.signal), { code: status.CANCELLED });
      },
      handlers: {
        async clientStream(requests) {
          for await (const _ of requests) {
            controller.abort();
          }
          return new EchoResponse();
        },
      },
    },
    {
      method: "testing.v1.Echo/BidiStream",
      requestBytes: 3,
      responseBytes: 3,
      call: (client) => readOne(client.chat(oneRequest())),
    },
  ];
})();

for (const { method, requestBytes, responseBytes, call, handlers } of cancelled) {
  test(`counts a cancelled ${method} once as CANCELLED, and records one span on each side`, async () => {
    await observe(call, handlers);
    checkSpans(method, { server: status.CANCELLED, client: status.CANCELLED });
    const ended = { method, status: "CANCELLED" };
    assert.deepEqual(await readMetrics(), {
      server: { ...ended, sentBytes: responseBytes, receivedBytes: requestBytes },
      client: { ...ended, sentBytes: requestBytes, receivedBytes: responseBytes },
    });
  });
}

test("counts a stream that fails between messages once, with its status and the sizes so far", async () => {
  const method = "testing.v1.Echo/BidiStream";
  await observe((client) => assert.rejects(count(client.chat(requests)), { code: status.NOT_FOUND }), {
    async *bidiStream(requests) {
      for await (const request of requests) {
        if (request.getValue() === "def") {
          throw new StatusError(status.NOT_FOUND, "no such name");
        }
        yield new EchoResponse().setValue(request.getValue());
      }
    },
  });
  checkSpans(method, { server: status.NOT_FOUND, client: status.NOT_FOUND });
  const ended = { method, status: "NOT_FOUND" };
  assert.deepEqual(await readMetrics(), {
    server: { ...ended, sentBytes: 7, receivedBytes: 12 },
    client: { ...ended, sentBytes: 12, receivedBytes: 7 },
  });
});
