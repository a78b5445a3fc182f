import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { copyFile, rename, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { run, start } from "@hello/testing/program";
import { makeTemporaryFolder } from "@hello/testing/temporary-folder";
import { createGreeter } from "./greeter.js";
import { type ServerProcess, serverMain, serving, startServer, startServerWith } from "./server-process.js";

const startWorkers = async (...args: string[]) => {
  const server = await startServer("--workers", "2", "--log-level", "debug", ...args);
  await server
    .logged(({ msg }) => msg === "all workers are serving")
    .catch(async (error: unknown) => {
      await server.stop("SIGKILL");
      throw error;
    });
  return server;
};

/** Makes one call over a new connection. */
async function greet(address: string): Promise<string> {
  using greeter = createGreeter(address);
  return await greeter.greet("World");
}

describe("two workers", () => {
  let server: ServerProcess;
  before(async () => {
    server = await startWorkers("--shutdown-delay-ms", "10");
  });
  after(() => server[Symbol.asyncDispose]());

  const workerPids = () => server.log.filter(({ msg }) => msg === "serving").map((line) => line["pid"] as number);

  test("share the connections", async () => {
    const calls = () => server.log.filter((line) => line["method"] === "/Hello/Hello");
    await Promise.all(Array.from({ length: 8 }, () => greet(server.address)));
    await server.logged(() => calls().length === 8);
    const pids = new Set(calls().map((line) => line["pid"]));
    assert.equal(pids.size, 2);
  });

  test("shut down in the same steps, after a killed worker has been replaced and its exit logged", async () => {
    const [killed = -1, other = -1] = workerPids();
    process.kill(killed, "SIGKILL");
    const exit = await server.logged(({ msg }) => msg === "worker exited; replacing it");
    assert.equal(exit["workerPid"], killed);
    assert.equal(exit["signal"], "SIGKILL");
    await server.logged(() => workerPids().length === 3);
    const [, , replacement = -1] = workerPids();
    for (let call = 0; call < 4; call++) {
      assert.equal(await greet(server.address), "Hello World");
    }
    assert.equal(await server.stop(), 0);
    for (const pid of [other, replacement]) {
      const steps = server.log.filter((line) => line["pid"] === pid && line["level"] === 30).map(({ msg }) => msg);
      assert.deepEqual(
        steps.map((step) => step.split(":")[0]),
        ["serving", "shutting down", "ending health watches", "draining", "stopped"],
      );
    }
    assert.equal(server.log.at(-1)?.msg, "all workers stopped");
  });
});

test("accepts the longest shutdown times with workers", async () => {
  const longest = String(2 ** 31 - 1);
  await using server = await startWorkers("--shutdown-delay-ms", longest, "--shutdown-grace-ms", longest);
  const steps = (step: string) => server.log.filter(({ msg }) => msg.startsWith(step)).length;
  process.kill(server.pid, "SIGTERM");
  await server.logged(() => steps("shutting down") === 2);
  assert.equal(await greet(server.address), "Hello World");
  // A second signal skips the delay.
  assert.equal(await server.stop(), 0);
  assert.equal(steps("worker did not stop"), 0);
});

test("exits with 1 when a worker is killed during the shutdown", async () => {
  await using server = await startWorkers("--shutdown-delay-ms", "600000");
  const steps = (step: string) => server.log.filter(({ msg }) => msg.startsWith(step));
  process.kill(server.pid, "SIGTERM");
  await server.logged(() => steps("shutting down").length === 2);
  process.kill(steps("serving")[0]?.["pid"] as number, "SIGKILL");
  assert.equal(await server.stop(), 1);
  assert.match(server.stderr, /^hello-server: worker \d was killed by SIGKILL\n$/);
});

test("shuts down workers that are starting", async () => {
  const preload = `console.log('{"msg":"process started"}')`;
  const env = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(preload)}` };
  await using server = await startServerWith(env, "--workers", "2");
  const logged = (text: string) => server.log.filter(({ msg }) => msg === text).length;
  // The primary process and both workers.
  await server.logged(() => logged("process started") === 3);
  assert.equal(await server.stop(), 0);
  assert.equal(server.log.at(-1)?.msg, "all workers stopped");
  assert.equal(logged("worker did not stop in time; killing it"), 0);
});

test("keeps serving after Node could not send a message to a worker", async () => {
  // Node emits this error if a worker exits while it asks the primary process for its socket.
  const preload = `
    import cluster from "node:cluster";
    cluster.on("online", ({ process }) => process.emit("error", new Error("write EPIPE")));`;
  const env = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(preload)}` };
  await using server = await startServerWith(env, "--workers", "2");
  assert.equal(await greet(server.address), "Hello World");
  assert.equal(await server.stop(), 0);
});

const startFailures: Record<string, { program: string; reason: RegExp }> = {
  exits: { program: "process.exit(7)", reason: /^hello-server: a worker exited with status 7\n$/ },
  "is killed": {
    program: "process.kill(process.pid, 'SIGKILL')",
    reason: /^hello-server: a worker was killed by SIGKILL\n$/,
  },
  "reports a failure": {
    program:
      "Object.assign(process.env, { OTEL_METRICS_EXPORTER: 'prometheus', OTEL_EXPORTER_PROMETHEUS_PORT: 'none' })",
    reason: /^hello-server: OTEL_EXPORTER_PROMETHEUS_PORT must be a port [^\n]*\n$/,
  },
};
for (const [what, { program, reason }] of Object.entries(startFailures)) {
  test(`exits with 1 when a starting worker ${what}, after the others have shut down`, {
    timeout: 60_000,
  }, async () => {
    const preload = `if (process.env.WORKER_NUMBER === "1") { ${program} }`;
    const env = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(preload)}` };
    await using server = await startServerWith(env, "--workers", "2");
    assert.equal(await server.ended, 1);
    assert.match(server.stderr, reason);
    const messages = server.log.map(({ msg }) => msg);
    assert.deepEqual(messages.slice(-2), ["stopped", "all workers stopped"]);
  });
}

test("retries to start a worker that the system cannot start", { skip: process.platform === "win32" }, async (t) => {
  const folder = await makeTemporaryFolder("workers-");
  t.after(() => rm(folder, { recursive: true }));
  const [program, hidden] = [join(folder, "node"), join(folder, "hidden")] as const;
  // Workers run the same executable as the primary process.
  await copyFile(process.execPath, program);
  await using server = await serving(start([program, serverMain, "--workers", "2", "--address", "127.0.0.1:0"]));
  await server.logged(({ msg }) => msg === "all workers are serving");
  const [first] = server.log.filter(({ msg }) => msg === "serving");
  await rename(program, hidden);
  process.kill(first?.["pid"] as number, "SIGKILL");
  const exit = await server.logged(({ msg, err }) => msg === "worker exited; replacing it" && err !== undefined);
  assert.equal(exit["worker"], 0);
  assert.match(JSON.stringify(exit["err"]), /ENOENT/);
  const before = server.log.length;
  await rename(hidden, program);
  await server.logged((line) => line.msg === "serving" && server.log.indexOf(line) >= before);
  assert.equal(await server.stop(), 0);
});

const linuxOnly = { skip: process.platform !== "linux" && "it reads /proc", timeout: 60_000 };
test("ends the workers when the primary process is killed", linuxOnly, async () => {
  await using server = await startWorkers();
  const pids = server.log.filter(({ msg }) => msg === "serving").map((line) => line["pid"] as number);
  assert.equal(await server.stop("SIGKILL"), "SIGKILL");
  // The test is not the parent of the workers, so that it must poll.
  while (pids.some(isRunning)) {
    await nextTurn();
  }
});

/** Returns whether a process is running. A zombie is not. */
function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

if (process.platform !== "win32") {
  test("replaces the socket file of a dead process, but not that of a running server", async (t) => {
    const folder = await makeTemporaryFolder("workers-");
    t.after(() => rm(folder, { recursive: true }));
    const path = join(folder, "shared.sock");
    const program = `require("node:net").createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, "SIGKILL"))`;
    await run([process.execPath, "-e", program]);
    await using server = await startWorkers("--address", `unix:${path}`);
    assert.equal(await greet(server.address), "Hello World");
    for (const workers of ["1", "2"]) {
      const { status, stderr } = await run([
        process.execPath,
        serverMain,
        "--workers",
        workers,
        "--address",
        server.address,
      ]);
      assert.equal(status, 1);
      assert.match(stderr, /^hello-server: cannot listen on unix:\S+: it is in use/);
    }
    assert.equal(await greet(server.address), "Hello World");
    assert.equal(await server.stop(), 0);
    assert.equal(server.log.filter(({ level }) => level > 30).length, 0, JSON.stringify(server.log));
  });
}

test("reports an address in use once, and exits with 1", async () => {
  const blocker = createServer();
  await new Promise<void>((resolve) => blocker.listen(0, "127.0.0.1", resolve));
  const { port } = blocker.address() as { port: number };
  const { status, stderr } = await run([process.execPath, serverMain, "--workers=2", "--address", `127.0.0.1:${port}`]);
  blocker.close();
  assert.equal(status, 1);
  assert.match(stderr, /^hello-server: cannot listen on \S+: it is in use; [^\n]*\n$/);
});
