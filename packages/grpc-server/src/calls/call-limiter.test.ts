import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import { type TestContext, test } from "node:test";
import { type ServiceError, status } from "@grpc/grpc-js";
import { healthProtocol } from "@hello/grpc-common";
import { callUnary } from "@hello/testing/call-unary";
import { EchoRequest, EchoResponse, EchoService } from "@hello/testing/echo";
import { serveEcho } from "../../test/echo-server.js";
import type { UnaryHandler } from "./handler.js";
import { StatusError } from "./status-error.js";

type Handler = UnaryHandler<EchoRequest, EchoResponse>;

const { HealthCheckRequest, HealthCheckResponse, HealthService } = healthProtocol();
const { SERVING } = HealthCheckResponse.ServingStatus;

const echo = new EchoResponse().setValue("World");

/** Serves one handler within a limit of calls. */
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

/** Starts a call, again as long as the server rejects it at its limit, and resolves once it is rejected or answered otherwise. */
async function whenAdmitted(server: Awaited<ReturnType<typeof serve>>, timeoutMs?: number): Promise<string> {
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

/** A handler that waits until the test opens it, and tells how many calls it has. */
function gate() {
  const events = new EventEmitter().setMaxListeners(0);
  let begun = 0;
  const handler: Handler = async () => {
    begun++;
    events.emit("begun");
    await once(events, "open");
    return echo;
  };
  return {
    handler,
    open: () => events.emit("open"),
    async begun(count: number) {
      while (begun < count) {
        await once(events, "begun");
      }
    },
  };
}

const pushback = (error: ServiceError) => error.metadata.get("grpc-retry-pushback-ms");

test("at twice the limit half are refused at once, half are answered, and health is SERVING", async (t) => {
  const { handler, begun, open } = gate();
  const server = await serve(t, { limit: 8, handler });
  const accepted = Array.from({ length: 8 }, () => server.start().answer);
  await begun(8);

  // The accepted ones wait, so who is answered has not waited for them.
  for (let refused = 0; refused < 8; refused++) {
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

const endings: Record<string, { handler: Handler; timeoutMs?: number; code: status }> = {
  "a throw": {
    handler: () => {
      throw new Error("broken");
    },
    code: status.INTERNAL,
  },
  "a rejection": { handler: () => Promise.reject(new StatusError(status.NOT_FOUND, "nobody")), code: status.NOT_FOUND },
  "a response of the wrong type": { handler: () => ({}) as EchoResponse, code: status.INTERNAL },
  "a deadline that the handler heeds": {
    async handler(_request, { signal }) {
      await once(signal, "abort");
      throw signal.reason;
    },
    timeoutMs: 50,
    code: status.DEADLINE_EXCEEDED,
  },
};

for (const [what, { handler, timeoutMs = 30_000, code }] of Object.entries(endings)) {
  test(`${what} frees the place of its call`, async (t) => {
    const server = await serve(t, { limit: 1, handler });
    for (let calls = 0; calls < 5; calls++) {
      await assert.rejects(whenAdmitted(server, timeoutMs), { code });
    }
  });
}

test("a cancellation that the handler heeds frees the place of its call", async (t) => {
  const events = new EventEmitter();
  const server = await serve(t, {
    limit: 1,
    async handler(_request, { signal }) {
      events.emit("begun");
      await once(signal, "abort");
      throw signal.reason;
    },
  });
  for (let cancelled = 0; cancelled < 5; ) {
    const begun = once(events, "begun").then(() => undefined);
    const call = server.start();
    const failed = call.answer.then(
      () => assert.fail("the call succeeded"),
      (error: ServiceError) => error.code,
    );
    // Rejected for as long as the server has not noticed the cancellation before.
    if ((await Promise.race([begun, failed])) !== status.RESOURCE_EXHAUSTED) {
      call.cancel();
      assert.equal(await failed, status.CANCELLED);
      cancelled++;
    }
  }
});

test("a handler that works on after its client has left keeps its place until it ends", async (t) => {
  const { handler, begun, open } = gate();
  const server = await serve(t, { limit: 1, handler });
  const left = server.start();
  await begun(1);
  left.cancel();
  await assert.rejects(left.answer, { code: status.CANCELLED });
  await assert.rejects(server.start().answer, { code: status.RESOURCE_EXHAUSTED });
  open();
  const next = whenAdmitted(server);
  await begun(2);
  open();
  assert.equal(await next, "World");
});
