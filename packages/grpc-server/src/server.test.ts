import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { test } from "node:test";
import { type Client, ServerInterceptingCall, type ServerInterceptor, type ServiceError, status } from "@grpc/grpc-js";
import { loadHealthProtocol } from "@hello/grpc-common";
import { callUnary } from "@hello/testing/call-unary";
import { EchoService } from "@hello/testing/echo";
import { echoServicer } from "@hello/testing/echo-servicer";
import { serveEcho } from "../test/echo-server.js";
import { bindService } from "./calls/servicer.js";
import { createServer } from "./server.js";
import type { ServerOptions } from "./server-options.js";

const services = [bindService(EchoService, echoServicer)];
const create = (addresses: readonly string[] = ["127.0.0.1:0"]) =>
  createServer({ services, addresses, shutdownDelayMs: 60_000 });

async function accepts(address: string): Promise<boolean> {
  const [host, port] = address.split(":");
  const socket = connect({ host, port: Number(port) });
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

test("returns the addresses of the first start from a second one", async () => {
  const server = create();
  const [first, second] = await Promise.all([server.start(), server.start()]);
  assert.deepEqual(first, second);
  assert.deepEqual(await server.start(), first);
  assert.ok(await accepts(first[0] ?? ""));
  await Promise.all([server.shutdown(), server.shutdown()]);
});

test("skips the delay on a second shutdown, and resolves both", async () => {
  const server = create();
  const [address = ""] = await server.start();
  let stopped = 0;
  const first = server.shutdown().then(() => stopped++);
  assert.ok(await accepts(address), "calls are accepted during the delay");
  await server.shutdown();
  await first;
  assert.equal(stopped, 1);
  assert.equal(await accepts(address), false);
  await server.shutdown();
});

test("stops listening when shut down during the start", async () => {
  const server = create();
  const started = server.start();
  await Promise.all([server.shutdown(), server.shutdown()]);
  const [address = ""] = await started;
  assert.equal(await accepts(address), false);
});

test("shuts down a server that never started, and refuses a later start", async () => {
  const server = create();
  await server.shutdown();
  await assert.rejects(server.start(), /^Error: the server has been shut down and cannot start again/);
});

test("shuts down a server that failed to start", async () => {
  const first = create();
  const addresses = await first.start();
  const second = create(addresses);
  await assert.rejects(second.start(), /in use/);
  await assert.rejects(second.start(), /in use/);
  await second.shutdown();
  await Promise.all([first.shutdown(), first.shutdown()]);
});

for (const [description, wrong, message] of [
  ["no services", undefined, "services must not be empty"],
  ["an empty list of services", [], "services must not be empty"],
  ["a duplicate service", [...services, ...services], 'services must not contain "testing.v1.Echo" twice'],
  [
    "a service that the server adds itself",
    [...services, { ...services[0], name: "grpc.health.v1.Health" }],
    'services must not contain "grpc.health.v1.Health": the server adds it itself',
  ],
  ["an unbound service definition", [EchoService], "services must be a list of services returned by bindService"],
  ["a single service instead of a list", services[0], "services must be a list of services returned by bindService"],
] as const) {
  test(`rejects ${description}`, () => {
    assert.throws(() => createServer({ services: wrong } as unknown as ServerOptions), { name: "TypeError", message });
  });
}

test("passes every call, including health checks, to interceptors, which can reject it", async (t) => {
  const paths: string[] = [];
  const refuse: ServerInterceptor = ({ path }, call) => {
    paths.push(path);
    return new ServerInterceptingCall(call, {
      start: (next) =>
        next({
          onReceiveMetadata(metadata, next) {
            if (path.endsWith("/Unary")) {
              call.sendStatus({ code: status.UNAUTHENTICATED, details: "no token" });
            } else {
              next(metadata);
            }
          },
        }),
    });
  };
  const server = await serveEcho({}, { interceptors: [refuse] });
  t.after(() => server[Symbol.asyncDispose]());
  await assert.rejects(server.unary(), ({ code }: ServiceError) => code === status.UNAUTHENTICATED);
  await checkHealth(server.client, "");
  assert.deepEqual(paths, ["/testing.v1.Echo/Unary", "/grpc.health.v1.Health/Check"]);
});

test("sets the health of one service by code, and of all services on shutdown", async (t) => {
  const server = await serveEcho({}, { shutdownDelayMs: 60_000 });
  t.after(() => server[Symbol.asyncDispose]());
  const { client } = server;
  assert.equal(await checkHealth(client, "testing.v1.Echo"), "SERVING");
  server.server.health.setStatus("testing.v1.Echo", "NOT_SERVING");
  assert.equal(await checkHealth(client, "testing.v1.Echo"), "NOT_SERVING");
  assert.equal(await checkHealth(client, ""), "SERVING");
  server.server.health.setStatus("testing.v1.Echo", "SERVING");
  assert.equal(await checkHealth(client, "testing.v1.Echo"), "SERVING");
  const stopped = server.server.shutdown();
  assert.equal(await checkHealth(client, "testing.v1.Echo"), "NOT_SERVING");
  assert.throws(() => server.server.health.setStatus("another", "SERVING"), {
    name: "TypeError",
    message: 'unknown service "another": must be one of "", "testing.v1.Echo"',
  });
  await server.server.shutdown();
  await stopped;
});

async function checkHealth(client: Client, service: string): Promise<string | undefined> {
  const { HealthCheckRequest, HealthCheckResponse, HealthService } = loadHealthProtocol();
  const response = await callUnary(client, HealthService.check, new HealthCheckRequest().setService(service));
  const names = Object.entries(HealthCheckResponse.ServingStatus);
  return names.find(([, code]) => code === response.getStatus())?.[0];
}
