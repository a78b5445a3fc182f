import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import { type TestContext, test } from "node:test";
import { type ServiceError, status } from "@grpc/grpc-js";
import { loadHealthProtocol } from "@hello/grpc-common";
import { callUnary } from "@hello/testing/call-unary";
import { EchoRequest, EchoResponse, EchoService } from "@hello/testing/echo";
import { serveEcho } from "../../test/echo-server.js";
import type { UnaryHandler } from "./handler-types.js";
import { StatusError } from "./status-error.js";

type Handler = UnaryHandler<EchoRequest, EchoResponse>;

const { HealthCheckRequest, HealthCheckResponse, HealthService } = loadHealthProtocol();
const { SERVING } = HealthCheckResponse.ServingStatus;

const echo = new EchoResponse().setValue("World");

/** Serves one handler with a call limit. */
async function serve(t: TestContext, { limit, handler }: { limit: number; handler: Handler }) {
  const server = await serveEcho({ unary: handler }, { maxConcurrentCalls: limit });
  const { client } = server;
  t.after(() => server[Symbol.asyncDispose]());
  const start = (timeoutMs = 30_000) => {
    const cancellation = new AbortController();
    const options = { timeoutMs, signal: cancellation.signal };
    const answer = callUnary(client, EchoService.unary, new EchoRequest().setValue("World"), options);
    return { answer: answer.then((response) => response.getValue()), cancel: () => cancellation.abort() };
  };
  return {
    start,
    health: async () => {
      const request = new HealthCheckRequest().setService("testing.v1.Echo");
      return (await callUnary(client, HealthService.check, request)).getStatus();
    },
  };
}

/** Repeats a call until the server admits it, and settles with its outcome. */
async function callUntilAdmitted(server: Awaited<ReturnType<typeof serve>>, timeoutMs?: number): Promise<string> {
  for (;;) {
    try {
      return await server.start(timeoutMs).answer;
    } catch (error) {
      if ((error as ServiceError).code !== status.RESOURCE_EXHAUSTED) {
        throw error;
      }
    }
  }
}

/** Creates a handler that waits until the test opens it, and counts its calls. */
function gate() {
  const events = new EventEmitter().setMaxListeners(0);
  let started = 0;
  const handler: Handler = async () => {
    started++;
    events.emit("started");
    await once(events, "open");
    return echo;
  };
  return {
    handler,
    open: () => events.emit("open"),
    async waitForCalls(count: number) {
      while (started < count) {
        await once(events, "started");
      }
    },
  };
}

const pushback = (error: ServiceError) => error.metadata.get("grpc-retry-pushback-ms");

test("rejects calls above the limit at once, answers the others, and keeps health SERVING", async (t) => {
  const { handler, waitForCalls, open } = gate();
  const server = await serve(t, { limit: 8, handler });
  const accepted = Array.from({ length: 8 }, () => server.start().answer);
  await waitForCalls(8);

  // The accepted calls are still waiting, so the answers below have not waited for them.
  for (let rejected = 0; rejected < 8; rejected++) {
    await assert.rejects(server.start().answer, (error: ServiceError) => {
      assert.equal(error.code, status.RESOURCE_EXHAUSTED);
      assert.equal(error.details, "the server is at its limit of 8 concurrent unary calls");
      assert.deepEqual(pushback(error), ["100"]);
      return true;
    });
    assert.equal(await server.health(), SERVING);
  }
  open();
  assert.deepEqual(await Promise.all(accepted), Array(8).fill("World"));
});

const outcomes: Record<string, { handler: Handler; timeoutMs?: number; code: status }> = {
  "a throw": {
    handler: () => {
      throw new Error("broken");
    },
    code: status.INTERNAL,
  },
  "a rejection": {
    handler: () => Promise.reject(new StatusError(status.NOT_FOUND, "not found")),
    code: status.NOT_FOUND,
  },
  "a response of the wrong type": { handler: () => ({}) as EchoResponse, code: status.INTERNAL },
  "a deadline that the handler observes": {
    async handler(_request, { signal }) {
      await once(signal, "abort");
      throw signal.reason;
    },
    timeoutMs: 50,
    code: status.DEADLINE_EXCEEDED,
  },
};

for (const [outcome, { handler, timeoutMs = 30_000, code }] of Object.entries(outcomes)) {
  test(`admits another call after ${outcome}`, async (t) => {
    const server = await serve(t, { limit: 1, handler });
    for (let calls = 0; calls < 5; calls++) {
      await assert.rejects(callUntilAdmitted(server, timeoutMs), { code });
    }
  });
}

test("admits another call after a cancellation that the handler observes", async (t) => {
  const events = new EventEmitter();
  const server = await serve(t, {
    limit: 1,
    async handler(_request, { signal }) {
      events.emit("started");
      await once(signal, "abort");
      throw signal.reason;
    },
  });
  for (let cancelled = 0; cancelled < 5; ) {
    const started = once(events, "started").then(() => undefined);
    const call = server.start();
    const failed = call.answer.then(
      () => assert.fail("the call succeeded"),
      (error: ServiceError) => error.code,
    );
    // The server rejects the call until it has noticed the previous cancellation.
    if ((await Promise.race([started, failed])) !== status.RESOURCE_EXHAUSTED) {
      call.cancel();
      assert.equal(await failed, status.CANCELLED);
      cancelled++;
    }
  }
});

test("counts a handler that continues after cancellation until it ends", async (t) => {
  const { handler, waitForCalls, open } = gate();
  const server = await serve(t, { limit: 1, handler });
  const cancelled = server.start();
  await waitForCalls(1);
  cancelled.cancel();
  await assert.rejects(cancelled.answer, { code: status.CANCELLED });
  await assert.rejects(server.start().answer, { code: status.RESOURCE_EXHAUSTED });
  open();
  const next = callUntilAdmitted(server);
  await waitForCalls(2);
  open();
  assert.equal(await next, "World");
});
