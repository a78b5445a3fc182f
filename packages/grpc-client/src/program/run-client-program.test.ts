import assert from "node:assert/strict";
import { test } from "node:test";
import type { ServerUnaryCall, sendUnaryData } from "@grpc/grpc-js";
import { loadHealthProtocol } from "@hello/grpc-common";
import { compileProgram } from "@hello/testing/compile";
import { run } from "@hello/testing/program";
import { echo, fail, serve, type TestServerOptions } from "../../test/test-server.js";

const { HealthService, HealthCheckResponse } = loadHealthProtocol();
type Request = InstanceType<ReturnType<typeof loadHealthProtocol>["HealthCheckRequest"]>;
type Response = InstanceType<typeof HealthCheckResponse>;

const program = await compileProgram(new URL("../../test/echo-program.ts", import.meta.url));
const runProgram = (args: readonly string[], env: Record<string, string> = {}) =>
  run([process.execPath, program, ...args], { env });

/** Starts a server. Returns it with a function that runs the program against it. */
async function serveProgram(options?: TestServerOptions) {
  const server = await serve(options);
  return {
    server,
    run: (...args: string[]) => runProgram(args, { ECHO_TARGET: server.target }),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

test("passes arguments and metadata to the program, and exits with 0", async () => {
  await using echoing = await serveProgram({ handler: echo });
  assert.deepEqual(await echoing.run("--metadata", "a=b", "x", "--", "-y"), {
    status: 0,
    stdout: "x\n-y\n",
    stderr: "",
  });
  assert.deepEqual(echoing.server.calls[0]?.metadata.get("a"), ["b"]);
});

test("exits with 64 plus the status code of a failed call, and reports it as text or JSON", async () => {
  await using failing = await serveProgram({ handler: fail(5, "no such value") });
  const text = await failing.run("x");
  assert.deepEqual([text.status, text.stdout], [64 + 5, ""]);
  assert.match(text.stderr, /^echo-client: NOT_FOUND: no such value \(.*\n$/);
  const json = await failing.run("--json", "x");
  assert.equal(json.status, 64 + 5);
  const { error } = JSON.parse(json.stderr);
  assert.deepEqual([error.code, error.status, error.details], [5, "NOT_FOUND", "no such value"]);
});

test("exits with 2 for invalid options, reports them all, and points to --help", async () => {
  const invalid = await runProgram(["--timeout-ms", "0", "--nope"]);
  assert.deepEqual([invalid.status, invalid.stdout], [2, ""]);
  assert.equal(
    invalid.stderr,
    'echo-client: unknown option "--nope"\n' +
      "echo-client: --timeout-ms must be a whole number from 1 to 2147483647, not 0\n" +
      "echo-client: run echo-client --help for the options\n",
  );
  for (const [args, problem] of [
    [[], /^echo-client: a value is missing\n/],
    [["--health", "a", "b"], /^echo-client: --health takes one service, not "a" and "b"\n/],
    [["--metadata", "date=x", "--metadata", "Date=y", "a"], /^echo-client: --metadata: invalid metadata "date": /],
    [["--metadata", "Authorization=Bearer x", "a"], /^echo-client: --metadata authorization would be sent in plain/],
    [
      ["--initial-reconnect-backoff-ms=2", "--max-reconnect-backoff-ms=1", "a"],
      /^echo-client: --initial-reconnect-backoff-ms \(2\) must not exceed --max-reconnect-backoff-ms \(1\)\n/,
    ],
    [["--tls-server-name", "a ", "a"], /^echo-client: --tls-server-name must be printable ASCII /],
  ] as const) {
    const { status, stderr } = await runProgram(args);
    assert.match(stderr, problem);
    assert.equal(status, 2);
  }
});

test("uses the client's default for an option that is not set", async () => {
  await using echoing = await serveProgram();
  // Alone, it raises the maximum backoff, whose default is shorter.
  assert.equal((await echoing.run("--initial-reconnect-backoff-ms=2000", "x")).status, 0);
});

test("prints the help and the version", async () => {
  assert.deepEqual(await runProgram(["--version"]), { status: 0, stdout: "1.2.3\n", stderr: "" });
  const { status, stdout } = await runProgram(["--help"]);
  assert.equal(status, 0);
  assert.match(
    stdout,
    /^Usage: echo-client \[options\] \[value\.\.\.\]\n\nPrints each value that the server returns\.\n/,
  );
});

test("prints the health of a service, and exits with 1 if it is not serving", async () => {
  const { check } = HealthService;
  const { SERVING, NOT_SERVING } = HealthCheckResponse.ServingStatus;
  const implementation = {
    check(call: ServerUnaryCall<Request, Response>, callback: sendUnaryData<Response>) {
      callback(null, new HealthCheckResponse().setStatus(call.request.getService() === "" ? SERVING : NOT_SERVING));
    },
  };
  await using healthy = await serveProgram({ services: [[{ check }, implementation]] });
  assert.deepEqual(await healthy.run("--health"), { status: 0, stdout: "SERVING\n", stderr: "" });
  assert.deepEqual(await healthy.run("--health", "--json", "a.B"), {
    status: 1,
    stdout: '{"service":"a.B","status":"NOT_SERVING"}\n',
    stderr: "",
  });
});
