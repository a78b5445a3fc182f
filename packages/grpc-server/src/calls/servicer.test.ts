import assert from "node:assert/strict";
import { once } from "node:events";
import { createRequire } from "node:module";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { Client, credentials, type loadPackageDefinition, type ServiceDefinition } from "@grpc/grpc-js";
import { loadHealthProtocol } from "@hello/grpc-common";
import { callUnary } from "@hello/testing/call-unary";
import { EchoClient, type EchoRequest, EchoResponse, EchoService } from "@hello/testing/echo";
import { echoServicer } from "@hello/testing/echo-servicer";
import { createServer } from "../server.js";
import { bindService, type Servicer } from "./servicer.js";

test("binds the handlers of a class instance", async () => {
  class Prefixed {
    readonly prefix = "Hi ";
    readonly clientStream = echoServicer.clientStream;
    readonly serverStream = echoServicer.serverStream;
    readonly bidiStream = echoServicer.bidiStream;

    unary(request: EchoRequest): EchoResponse {
      return new EchoResponse().setValue(this.prefix + request.getValue());
    }
  }
  const { name, methods } = bindService(EchoService, new Prefixed());
  assert.equal(name, "testing.v1.Echo");
  assert.equal(methods.length, 4);
});

test("rejects a servicer without a handler for a method", () => {
  const { unary: _unary, ...rest } = echoServicer;
  assert.throws(() => bindService(EchoService, rest as typeof echoServicer), {
    name: "TypeError",
    message: "the servicer has no handler for /testing.v1.Echo/Unary",
  });
});

for (const [description, definition] of [
  ["a client constructor", EchoClient],
  ["undefined", undefined],
  ["an empty object", {}],
  ["null", null],
  ["an object with other values", { unary: "/testing.v1.Echo/Unary" }],
] as const) {
  test(`rejects ${description} in place of a service definition`, () => {
    assert.throws(() => bindService(definition as unknown as typeof EchoService, echoServicer), {
      name: "TypeError",
      message: /^invalid service definition .*: pass the generated service, like EchoService/,
    });
  });
}

/** Loads the Echo service with the proto-loader that grpc-js depends on. */
function loadEcho(): ServiceDefinition {
  const grpcJs = createRequire(import.meta.url).resolve("@grpc/grpc-js");
  const { loadSync } = createRequire(grpcJs)("@grpc/proto-loader") as {
    loadSync(file: string): Parameters<typeof loadPackageDefinition>[0];
  };
  const packageDefinition = loadSync(fileURLToPath(new URL("../../../testing/protos/echo.proto", import.meta.url)));
  return packageDefinition["testing.v1.Echo"] as ServiceDefinition;
}

test("serves a service definition from proto-loader", async (t) => {
  const definition = loadEcho();
  const server = createServer({
    addresses: ["127.0.0.1:0"],
    services: [
      bindService(definition, {
        unary: async ({ value }: { value: string }) => ({ value }),
        async *ServerStream({ value, count }: { value: string; count: number }) {
          for (let index = 0; index < count; index++) {
            yield { value, index };
          }
        },
        clientStream: () => ({}),
        BidiStream: (requests: AsyncIterable<object>) => requests,
      }),
    ],
  });
  const [address = ""] = await server.start();
  const client = new Client(address, credentials.createInsecure());
  t.after(async () => {
    client.close();
    await server.shutdown();
  });
  const { Unary, ServerStream } = definition;
  assert.ok(Unary && ServerStream);
  const response: { value?: string } = await callUnary(client, Unary, { value: "proto-loader" });
  assert.equal(response.value, "proto-loader");

  const call = client.makeServerStreamRequest(
    ServerStream.path,
    ServerStream.requestSerialize,
    ServerStream.responseDeserialize,
    { value: "a", count: 3 },
    { deadline: Date.now() + 30_000 },
  );
  const indexes: unknown[] = [];
  call.on("data", ({ index }: { index: number }) => indexes.push(index));
  await once(call, "end");
  assert.deepEqual(indexes, [0, 1, 2]);

  const { HealthCheckRequest, HealthCheckResponse, HealthService } = loadHealthProtocol();
  const request = new HealthCheckRequest().setService("testing.v1.Echo");
  const health = await callUnary(client, HealthService.check, request);
  assert.equal(health.getStatus(), HealthCheckResponse.ServingStatus.SERVING);
});

test("does not compile with a handler of a different kind than its method", () => {
  const response = new EchoResponse();
  const wrongHandlers: { [Name in keyof Servicer<typeof EchoService>]: Servicer<typeof EchoService>[Name] } = {
    // @ts-expect-error A unary method must not return a stream of responses.
    unary: echoServicer.serverStream,
    // @ts-expect-error A server-streaming method must return a stream of responses.
    serverStream: async () => response,
    // @ts-expect-error A client-streaming method receives a stream of requests.
    clientStream: async (request: EchoRequest) => response.setValue(request.getValue()),
    // @ts-expect-error A bidirectional method must return a stream of responses.
    bidiStream: async () => response,
  };
  assert.equal(Object.keys(wrongHandlers).length, 4);
});
