import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { test } from "node:test";
import { type Client, ServerInterceptingCall, type ServerInterceptor, type ServiceError, status } from "@grpc/grpc-js";
import { healthProtocol } from "@hello/grpc-common";
import { callUnary } from "@hello/testing/call-unary";
import { EchoService } from "@hello/testing/echo";
import { echoServicer } from "@hello/testing/echo-servicer";
import { serveEcho } from "../test/echo-server.js";
import { bindService } from "./calls/servicer.js";
import { createServer, type ServerOptions } from "./server.js";

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

test("a second start gets the addresses of the first", async () => {
  const server = create();
  const [first, second] = await Promise.all([server.start(), server.start()]);
  assert.deepEqual(first, second);
  assert.deepEqual(await server.start(), first);
  assert.ok(await accepts(first[0] ?? ""));
  await Promise.all([server.shutdown(), server.shutdown()]);
});

test("a second shutdown skips the waiting, and resolves with the first", async () => {
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

test("a shutdown during the start stops what has started", async () => {
  const server = create();
  const started = server.start();
  await Promise.all([server.shutdown(), server.shutdown()]);
  const [address = ""] = await started;
  assert.equal(await accepts(address), false);
});

test("a server that was never started is shut down at once, and serves no more", async () => {
  const server = create();
  await server.shutdown();
  await assert.rejects(server.start(), /^Error: the server has been shut down and cannot start again/);
});

test("a server that could not start is shut down at once", async () => {
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
  ["a service twice", [...services, ...services], "services has testing.v1.Echo twice, or the server adds it itself"],
  [
    "a service that the server adds itself",
    [...services, { ...services[0], name: "grpc.health.v1.Health" }],
    "services has grpc.health.v1.Health twice, or the server adds it itself",
  ],
  ["a service that is not bound", [EchoService], "services must be a list of services that bindService has bound"],
  ["one service in place of a list", services[0], "services must be a list of services that bindService has bound"],
] as const) {
  test(`refuses ${description}`, () => {
    assert.throws(() => createServer({ services: wrong } as unknown as ServerOptions), { name: "TypeError", message });
  });
}

test("interceptors see every call, health included, and can refuse it", async (t) => {
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

test("code sets the health of one service, and the shutdown that of all", async (t) => {
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
  const { HealthCheckRequest, HealthCheckResponse, HealthService } = healthProtocol();
  const response = await callUnary(client, HealthService.check, new HealthCheckRequest().setService(service));
  const names = Object.entries(HealthCheckResponse.ServingStatus);
  return names.find(([, code]) => code === response.getStatus())?.[0];
}
