import assert from "node:assert/strict";
import { once } from "node:events";
import { type TestContext, test } from "node:test";
import { type ClientReadableStream, Server, type ServiceError, status } from "@grpc/grpc-js";
import { loadHealthProtocol } from "@hello/grpc-common";
import { callUnary } from "@hello/testing/call-unary";
import { bindWithClient } from "@hello/testing/grpc-server";
import { testEnvironment, unlimited } from "../../test/call-environment.js";
import { addService } from "../calls/add-service.js";
import { createHealth } from "./health.js";

const { HealthCheckRequest, HealthCheckResponse, HealthListRequest, HealthService } = loadHealthProtocol();
const { SERVING, NOT_SERVING, SERVICE_UNKNOWN } = HealthCheckResponse.ServingStatus;

type Response = InstanceType<typeof HealthCheckResponse>;

/** Serves the health of a server with one service, and creates a client. */
async function serve(t: TestContext) {
  const server = new Server();
  const health = createHealth(["a.Service"]);
  const draining = new AbortController();
  addService(server, health.service.load(), testEnvironment({ draining: draining.signal }), unlimited());
  const served = await bindWithClient(server);
  const { client } = served;
  t.after(() => served[Symbol.dispose]());
  const { check, list, watch } = HealthService;
  return {
    health,
    drain: () => draining.abort(),
    check: async (service: string) =>
      (await callUnary(client, check, new HealthCheckRequest().setService(service))).getStatus(),
    list: () => callUnary(client, list, new HealthListRequest()),
    watch: (service: string) =>
      client
        .makeServerStreamRequest(
          watch.path,
          watch.requestSerialize,
          watch.responseDeserialize,
          new HealthCheckRequest().setService(service),
          { deadline: Date.now() + 30_000 },
        )
        // Watches that are still open are cancelled at the end of a test.
        .on("error", () => undefined),
  };
}

async function next(watch: ClientReadableStream<Response>): Promise<number> {
  const [response] = (await once(watch, "data")) as [Response];
  return response.getStatus();
}

for (const service of ["", "a.Service"]) {
  test(`Check and Watch report the health of ${JSON.stringify(service)}, initially NOT_SERVING`, async (t) => {
    const { health, check, watch } = await serve(t);
    const watching = watch(service);
    assert.equal(await next(watching), NOT_SERVING);
    assert.equal(await check(service), NOT_SERVING);
    health.setServing(true);
    assert.equal(await next(watching), SERVING);
    assert.equal(await check(service), SERVING);
  });
}

test("Watch reports each change once and no unchanged status", async (t) => {
  const { health, watch, drain } = await serve(t);
  const watching = watch("");
  assert.equal(await next(watching), NOT_SERVING);
  health.setServing(false);
  health.setServing(true);
  assert.equal(await next(watching), SERVING);
  health.setServing(true);
  health.setServing(false);
  assert.equal(await next(watching), NOT_SERVING);
  const more: unknown[] = [];
  watching.on("data", (response) => more.push(response));
  drain();
  await once(watching, "end");
  assert.deepEqual(more, []);
});

test("reports the status of a service separately from that of the server", async (t) => {
  const { health, check, watch } = await serve(t);
  const watching = watch("a.Service");
  assert.equal(await next(watching), NOT_SERVING);
  health.setStatus("a.Service", "NOT_SERVING");
  health.setServing(true);
  assert.equal(await check(""), SERVING);
  assert.equal(await check("a.Service"), NOT_SERVING);
  health.setStatus("a.Service", "SERVING");
  assert.equal(await next(watching), SERVING);
  health.setServing(false);
  assert.equal(await next(watching), NOT_SERVING);
  health.setStatus("a.Service", "SERVING");
  assert.equal(await check("a.Service"), NOT_SERVING);
});

test("setStatus rejects an unknown service and an invalid status", async (t) => {
  const { health } = await serve(t);
  assert.throws(() => health.setStatus("another", "SERVING"), /^TypeError: unknown service "another"/);
  assert.throws(() => health.setStatus("", "UNKNOWN" as "SERVING"), /^TypeError: invalid status "UNKNOWN"/);
});

test("List reports the status of the server and of each service", async (t) => {
  const { health, list } = await serve(t);
  health.setServing(true);
  const statuses = (await list()).getStatusesMap();
  assert.deepEqual(
    statuses.getEntryList().map(([name]) => [name, statuses.get(name)?.getStatus()]),
    [
      ["", SERVING],
      ["a.Service", SERVING],
    ],
  );
});

test("Check answers NOT_FOUND for an unknown service with a name of any length", async (t) => {
  const { check } = await serve(t);
  for (const service of ["a", "a.Service ", "\0%\n👩", "x".repeat(1_000_000)]) {
    await assert.rejects(check(service), { code: status.NOT_FOUND, details: "unknown service" });
  }
});

test("Watch reports SERVICE_UNKNOWN for an unknown service and no change after that", async (t) => {
  const { health, watch, drain } = await serve(t);
  const watching = watch("another");
  assert.equal(await next(watching), SERVICE_UNKNOWN);
  const more: number[] = [];
  watching.on("data", (response: Response) => more.push(response.getStatus()));
  health.setServing(true);
  drain();
  const [{ code }] = await once(watching, "status");
  assert.equal(code, status.OK);
  assert.deepEqual(more, []);
});

test("ends all watches with OK when the server drains, and later ones immediately", async (t) => {
  const { health, watch, drain } = await serve(t);
  const watching = [watch(""), watch("a.Service"), watch("another")];
  await Promise.all(watching.map(next));
  assert.equal(health.watches, 3);
  const ends = watching.map((watch) => once(watch, "status"));
  drain();
  for (const end of ends) {
    const [{ code }] = await end;
    assert.equal(code, status.OK);
  }
  assert.equal(health.watches, 0);
  const late = watch("");
  assert.equal(await next(late), NOT_SERVING);
  const [{ code }] = await once(late, "status");
  assert.equal(code, status.OK);
});

test("releases a watch that the client cancels", async (t) => {
  const { health, check, watch } = await serve(t);
  const watching = watch("");
  await next(watching);
  assert.equal(health.watches, 1);
  watching.cancel();
  const [error] = (await once(watching, "error")) as [ServiceError];
  assert.equal(error.code, status.CANCELLED);
  // The server reads the cancellation before the next call on the same connection.
  await check("");
  assert.equal(health.watches, 0);
});
