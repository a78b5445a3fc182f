import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { Metadata, type ServiceError, status } from "@grpc/grpc-js";
import { loadHealthProtocol } from "@hello/grpc-common";
import { callUnary } from "@hello/testing/call-unary";
import { EchoResponse, EchoService } from "@hello/testing/echo";
import { echoServicer } from "@hello/testing/echo-servicer";
import { serveEcho } from "../../test/echo-server.js";
import { deferred, type Outcome, readAll, serveStreams } from "../../test/streaming-client.js";
import type { ServerCall } from "../calls/server-call.js";
import { bindService, type Servicer } from "../calls/servicer.js";
import { StatusError } from "../calls/status-error.js";
import { createServer } from "../server.js";
import type { Authorize } from "./authorize.js";

const denied = () => Promise.reject(new StatusError(status.PERMISSION_DENIED, "denied"));

/** Calls a method of each kind and resolves with the statuses. */
async function callAll(server: Awaited<ReturnType<typeof serveStreams>>): Promise<Outcome["code"][]> {
  const { call, outcome } = server.clientStream();
  call.end();
  const bidi = server.bidiStream();
  bidi.end();
  const unary = server.unary().then(
    () => status.OK,
    ({ code }: ServiceError) => code,
  );
  const streams = await Promise.all([readAll(server.serverStream()), outcome, readAll(bidi)]);
  return [await unary, ...streams.map(({ code }) => code)];
}

async function serve(t: TestContext, authorize: Authorize<unknown>) {
  const handled: string[] = [];
  const handlers = Object.fromEntries(
    Object.entries(echoServicer).map(([name, handler]) => [
      name,
      (input: never, call: ServerCall) => {
        handled.push(name);
        return handler(input, call);
      },
    ]),
  );
  return { handled, ...(await serveStreams(t, handlers, { authorize })) };
}

test("rejects calls of every kind before their handlers run", async (t) => {
  const server = await serve(t, denied);
  assert.deepEqual(await callAll(server), Array(4).fill(status.PERMISSION_DENIED));
  assert.deepEqual(server.handled, []);
  assert.deepEqual(server.log.lines, []);
});

test("allows calls of every kind", async (t) => {
  const server = await serve(t, async () => undefined);
  assert.deepEqual(await callAll(server), Array(4).fill(status.OK));
  assert.equal(server.handled.length, 4);
});

test("logs one warning for many rejections with a cause", async (t) => {
  const cause = new Error("expired");
  const server = await serve(t, () =>
    Promise.reject(new StatusError(status.UNAUTHENTICATED, "invalid token", { cause })),
  );
  assert.deepEqual(await callAll(server), Array(4).fill(status.UNAUTHENTICATED));
  assert.equal(server.log.lines.length, 1);
  assert.match(JSON.stringify(server.log.lines), /"level":40.*expired.*"msg":"call rejected by authorize"/);
});

test("answers INTERNAL when authorize fails, logs it, and does not call the handler", async (t) => {
  const server = await serve(t, () => {
    throw new Error("secret");
  });
  assert.deepEqual(await callAll(server), Array(4).fill(status.INTERNAL));
  assert.deepEqual(server.handled, []);
  assert.equal(server.errors().length, 4);
  assert.match(JSON.stringify(server.errors()[0]), /secret.*"msg":"authorize failed"/);
});

test("does not compile if authorize does not return the context that a servicer needs", () => {
  const servicer: Servicer<typeof EchoService, { readonly tenant: string }> = {
    ...echoServicer,
    unary: async (_request, { context }) => new EchoResponse().setValue(context.tenant),
  };
  const services = [bindService(EchoService, servicer)];
  assert.ok(createServer({ services, authorize: async () => ({ tenant: "acme" }) }));
  // @ts-expect-error The context has no tenant.
  assert.ok(createServer({ services, authorize: () => ({ user: "ada" }) }));
  // @ts-expect-error Without authorize there is no context.
  assert.ok(createServer({ services }));
});

test("passes the result of authorize to the handler", async (t) => {
  const metadata = new Metadata();
  metadata.set("x-tenant", "acme");
  const server = await serveEcho(
    { unary: (_request, { context }) => new EchoResponse().setValue(String(context)) },
    { authorize: ({ metadata }) => metadata.get("x-tenant")[0] },
  );
  t.after(() => server[Symbol.asyncDispose]());
  assert.equal(await server.unary("World", { metadata }), "acme");
});

for (const authorizeStandardServices of [false, true]) {
  test(`${authorizeStandardServices ? "authorizes" : "does not authorize"} health if authorizeStandardServices is ${authorizeStandardServices}`, async (t) => {
    const server = await serveEcho({}, { authorize: denied, authorizeStandardServices });
    t.after(() => server[Symbol.asyncDispose]());
    const { HealthCheckRequest, HealthService } = loadHealthProtocol();
    const checked = callUnary(server.client, HealthService.check, new HealthCheckRequest());
    await (authorizeStandardServices ? assert.rejects(checked, { code: status.PERMISSION_DENIED }) : checked);
  });
}

test("does not call the handler of a call that ends during authorize", async (t) => {
  const called = deferred();
  const authorized = deferred();
  const server = await serve(t, ({ signal }) => {
    called.resolve();
    return new Promise((resolve) => {
      signal.addEventListener("abort", () => {
        resolve(undefined);
        setImmediate(authorized.resolve);
      });
    });
  });
  const call = server.serverStream();
  const outcome = readAll(call);
  await called.promise;
  call.cancel();
  assert.equal((await outcome).code, status.CANCELLED);
  await authorized.promise;
  assert.deepEqual(server.handled, []);
});
