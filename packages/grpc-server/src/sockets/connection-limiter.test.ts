import assert from "node:assert/strict";
import { once } from "node:events";
import { Socket } from "node:net";
import { test } from "node:test";
import { captureLog } from "@hello/testing/captured-log";
import { pino } from "pino";
import { createConnectionLimiter } from "./connection-limiter.js";

function createLimit({ maxConnections = 2, maxOpenFiles = 1_000 } = {}) {
  const log = captureLog();
  const limit = createConnectionLimiter({ maxConnections, maxOpenFiles, logger: pino({}, log) });
  return {
    log,
    /** Creates an address, and returns a function that opens a connection to it. */
    address() {
      const onConnection = limit(() => undefined);
      return () => {
        const socket = new Socket();
        onConnection(socket);
        return socket;
      };
    },
  };
}

test("refuses connections beyond the limit of an address until one closes", async () => {
  const { address, log } = createLimit();
  const connect = address();
  const [first, second, third] = [connect(), connect(), connect()];
  assert.deepEqual([first.destroyed, second.destroyed, third.destroyed], [false, false, true]);
  first.destroy();
  await once(first, "close");
  assert.equal(connect().destroyed, false);
  assert.equal(connect().destroyed, true);
  const [line, ...others] = log.lines;
  assert.equal(line?.msg, "connection refused: maxConnections is reached");
  assert.equal(line["maxConnections"], 2);
  assert.deepEqual(others, []);
});

test("applies the limit to each address separately", () => {
  const { address } = createLimit();
  const [one, other] = [address(), address()];
  assert.deepEqual(
    [one(), one(), other(), other(), one(), other()].map(({ destroyed }) => destroyed),
    [false, false, false, false, true, true],
  );
});

for (const [maxOpenFiles, available] of [
  [1_000, 900],
  [100, 50],
  [10, 1],
] as const) {
  test(`opens ${available} connections across all addresses with ${maxOpenFiles} file descriptors`, () => {
    const { address, log } = createLimit({ maxConnections: 1_000, maxOpenFiles });
    const [one, other] = [address(), address()];
    const refused = Array.from({ length: available + 1 }, (_, count) => (count % 2 ? one() : other()).destroyed);
    assert.deepEqual(
      refused,
      refused.map((_, count) => count === available),
    );
    assert.equal(log.lines.at(-1)?.msg, "connection refused: file descriptors are running out");
  });
}

test("warns when the limit on open files is below the limit on connections", () => {
  const { log } = createLimit({ maxConnections: 11, maxOpenFiles: 10 });
  const [warning] = log.lines;
  assert.equal(warning?.level, 40);
  assert.deepEqual([warning["maxConnections"], warning["maxOpenFiles"]], [11, 10]);
  assert.equal(createLimit({ maxConnections: 10, maxOpenFiles: 10 }).log.lines.length, 0);
});
