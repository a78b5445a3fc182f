import assert from "node:assert/strict";
import { once } from "node:events";
import { type TestContext, test } from "node:test";
import { type ClientReadableStream, Server, type ServiceError, status } from "@grpc/grpc-js";
import { type HealthCheckResponse, HealthService, ServingStatus } from "@hello/proto";
import { callUnary } from "@hello/testing/call-unary";
import { bindWithClient } from "@hello/testing/grpc-server";
import { addHealth } from "./health.js";

const { SERVING, NOT_SERVING, SERVICE_UNKNOWN } = ServingStatus;

/** The health of a server with one service, and a client that asks for it. */
async function serve(t: TestContext) {
  const server = new Server();
  const health = addHealth(server, ["a.Service"]);
  const served = await bindWithClient(server);
  const { client } = served;
  t.after(() => served[Symbol.dispose]());
  const { check, list, watch } = HealthService;
  return {
    health,
    check: async (service: string) => (await callUnary(client, check, { service })).status,
    list: () => callUnary(client, list, {}),
    watch: (service: string) =>
      client
        .makeServerStreamRequest(
          watch.path,
          watch.requestSerialize,
          watch.responseDeserialize,
          { service },
          { deadline: Date.now() + 30_000 },
        )
        // The end of a test cancels those that are still open.
        .on("error", () => undefined),
  };
}

async function next(watch: ClientReadableStream<HealthCheckResponse>): Promise<number> {
  const [{ status }] = await once(watch, "data");
  return status;
}

for (const service of ["", "a.Service"]) {
  test(`Check and Watch tell the health of ${JSON.stringify(service)}, NOT_SERVING at first`, async (t) => {
    const { health, check, watch } = await serve(t);
    const watching = watch(service);
    assert.equal(await next(watching), NOT_SERVING);
    assert.equal(await check(service), NOT_SERVING);
    health.setServing(true);
    assert.equal(await next(watching), SERVING);
    assert.equal(await check(service), SERVING);
  });
}

test("a health that stays the same is not told again", async (t) => {
  const { health, watch } = await serve(t);
  const watching = watch("");
  assert.equal(await next(watching), NOT_SERVING);
  const seen: number[] = [];
  watching.on("data", ({ status }) => seen.push(status));
  health.setServing(false);
  health.setServing(true);
  health.setServing(true);
  health.setServing(false);
  health.endWatches();
  await once(watching, "end");
  assert.deepEqual(seen, [SERVING, NOT_SERVING]);
});

test("List tells the health of the server and of each service", async (t) => {
  const { health, list } = await serve(t);
  health.setServing(true);
  const { statuses } = await list();
  assert.deepEqual(
    statuses,
    new Map([
      ["", { status: SERVING }],
      ["a.Service", { status: SERVING }],
    ]),
  );
});

test("to Check an unknown service is NOT_FOUND, however long its name", async (t) => {
  const { check } = await serve(t);
  for (const service of ["a", "a.Service ", "\0%\n👩", "x".repeat(1_000_000)]) {
    await assert.rejects(check(service), { code: status.NOT_FOUND, details: "unknown service" });
  }
});

test("to Watch an unknown service is SERVICE_UNKNOWN, and stays so", async (t) => {
  const { health, watch } = await serve(t);
  const watching = watch("another");
  assert.equal(await next(watching), SERVICE_UNKNOWN);
  const seen: number[] = [];
  watching.on("data", ({ status }) => seen.push(status));
  health.setServing(true);
  health.endWatches();
  const [{ code }] = await once(watching, "status");
  assert.equal(code, status.OK);
  assert.deepEqual(seen, []);
});

test("all watches end with OK when the server says so, and later ones at once", async (t) => {
  const { health, watch } = await serve(t);
  const watching = [watch(""), watch("a.Service"), watch("another")];
  await Promise.all(watching.map(next));
  assert.equal(health.watches, 3);
  health.endWatches();
  assert.equal(health.watches, 0);
  for (const watch of watching) {
    const [{ code }] = await once(watch, "status");
    assert.equal(code, status.OK);
  }
  const late = watch("");
  assert.equal(await next(late), NOT_SERVING);
  const [{ code }] = await once(late, "status");
  assert.equal(code, status.OK);
});

test("a watch that its client cancels is forgotten", async (t) => {
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
