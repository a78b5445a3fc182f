/** Tests the status that clients in each language report for calls beyond a limit, as listed in docs/limits.md. */
import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { compileProgram } from "@hello/testing/compile";
import { run } from "@hello/testing/program";
import { requires } from "@hello/testing/requires";
import { Disposables } from "../disposables.js";
import { useGoProgram } from "./go-program.js";
import { InteropClient } from "./interop-client.js";
import { type InteropServer, startOurServerWith } from "./interop-server-process.js";
import { ResponseParameters, StreamingOutputCallRequest } from "./test-service.js";

const go = useGoProgram();
const python = requires("python3-grpcio");
const ruby = requires("ruby-grpc");
const file = (name: string) => fileURLToPath(new URL(name, import.meta.url));

interface PeerClient {
  readonly skip: string | false;
  readonly command: readonly [string, ...string[]];
}

/** Programs that make calls and print the status of each. */
const clients = {
  "grpc-js": {
    skip: false,
    command: [process.execPath, await compileProgram(new URL("print-status.ts", import.meta.url))],
  },
  Python: { skip: python.skip, command: [python.program, file("print_status.py")] },
  Ruby: { skip: ruby.skip, command: [ruby.program, file("print_status.rb")] },
  Go: { skip: go.skip, command: [go.program, "print-status"] },
} satisfies Record<string, PeerClient>;

interface Call {
  readonly method?: string;
  readonly headers?: number;
  readonly headerBytes?: number;
  /** Size of the request in bytes. Without it, the call is a stream on which the client sends no message. */
  readonly requestBytes?: number;
}

/** Status as printed by each client. Go does not print it in capitals. */
type Statuses = Readonly<Record<keyof typeof clients, RegExp>>;

const everyClient = (status: RegExp): Statuses => ({ "grpc-js": status, Python: status, Ruby: status, Go: status });
const exhausted = everyClient(/^RESOURCE_?EXHAUSTED /i);
/** Error of Go's client, which checks the size itself. */
const notSent = /^Internal header list size to send violates the maximum size/;

interface Scenario {
  readonly call: Call;
  readonly statuses: Statuses;
}

/** Server with the calls that clients make to it, one after another. */
interface ServerUnderTest {
  readonly flags: readonly string[];
  /** Uses up the limit before the calls. */
  readonly prepare?: (server: InteropServer) => Promise<AsyncDisposable>;
  readonly scenarios: Readonly<Record<string, Scenario>>;
}

const servers: Readonly<Record<string, ServerUnderTest>> = {
  "a server with an open stream": {
    flags: [
      ...["--max-streaming-calls", "1"],
      // With Node 20, the connection stays open after a header of more than 64 KiB until keepalive closes it.
      ...["--keepalive-time-ms", "500", "--keepalive-timeout-ms", "5000"],
    ],
    prepare: holdStream,
    scenarios: {
      "a call within the limits": { call: { requestBytes: 0 }, statuses: everyClient(/^OK/) },
      "more headers than --max-header-bytes": {
        call: { headers: 10, headerBytes: 2_000, requestBytes: 0 },
        statuses: { ...exhausted, Go: notSent },
      },
      "more than 128 headers": { call: { headers: 140, headerBytes: 10, requestBytes: 0 }, statuses: exhausted },
      "an unknown method with a name of 9 KiB": {
        call: { method: "M".repeat(9 * 1_024), requestBytes: 0 },
        statuses: everyClient(/^UNIMPLEMENTED The server does not implement the method \/grpc\.testing/i),
      },
      "a message beyond --max-receive-message-bytes": {
        call: { method: "UnaryCall", requestBytes: 5 * 1_024 * 1_024 },
        statuses: exhausted,
      },
      "one more call than --max-streaming-calls": { call: { method: "FullDuplexCall" }, statuses: exhausted },
      "a header of more than 64 KiB": {
        call: { headers: 1, headerBytes: 100_000, requestBytes: 0 },
        statuses: { ...everyClient(/^UNAVAILABLE /), "grpc-js": /^INTERNAL /, Go: notSent },
      },
    },
  },
  "a server that ends old connections": {
    flags: ["--max-connection-age-ms", "1000", "--max-connection-age-grace-ms", "1"],
    scenarios: {
      "a stream on a connection beyond its age and grace": {
        call: { method: "FullDuplexCall" },
        statuses: everyClient(/^UNAVAILABLE /i),
      },
    },
  },
};

/** Opens a stream, and resolves once its handler runs. */
async function holdStream({ port }: InteropServer): Promise<AsyncDisposable> {
  const client = new InteropClient(`127.0.0.1:${port}`, { timeoutMs: 60_000 });
  const requests = new PassThrough({ objectMode: true });
  const parameters = new ResponseParameters().setSize(1);
  requests.write(new StreamingOutputCallRequest().setResponseParametersList([parameters]));
  const responses = client.fullDuplexCall(requests)[Symbol.asyncIterator]();
  await responses.next();
  return {
    async [Symbol.asyncDispose]() {
      requests.end();
      await responses.next();
      await client.close();
    },
  };
}

for (const [what, { flags, prepare, scenarios }] of Object.entries(servers)) {
  describe(what, { concurrency: 2 }, () => {
    let server: InteropServer;
    const resources = new Disposables();
    before(async () => {
      server = resources.use(await startOurServerWith(...flags));
      if (prepare) {
        resources.use(await prepare(server));
      }
    });
    after(() => resources.disposeAll());

    const calls = Object.values(scenarios).map(
      ({ call: { method = "EmptyCall", headers = 0, headerBytes = 0, requestBytes } }) => {
        const path = `/grpc.testing.TestService/${method}`;
        return [path, headers, headerBytes, ...(requestBytes === undefined ? [] : [requestBytes])];
      },
    );
    for (const [name, { skip, command }] of Object.entries(clients) as [keyof typeof clients, PeerClient][]) {
      test(`has the documented status in a ${name} client`, { skip }, async (t) => {
        const { stdout, stderr } = await run([...command, String(server.port), JSON.stringify(calls)]);
        const lines = stdout.trimEnd().split("\n");
        assert.equal(lines.length, calls.length, stdout + stderr);
        for (const [index, [what, { statuses }]] of Object.entries(scenarios).entries()) {
          await t.test(what, () => assert.match(lines[index] ?? "", statuses[name], stderr));
        }
      });
    }
  });
}
