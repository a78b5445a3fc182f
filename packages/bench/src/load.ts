import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { HelloRequest, HelloService } from "@hello/proto";
import { message } from "@hello/testing/http2-frames";
import { run } from "@hello/testing/program";
import { requires } from "@hello/testing/requires";

const h2load = requires("h2load");
if (h2load.skip) {
  console.error(h2load.skip);
  process.exit(1);
}

const folder = mkdtempSync(join(tmpdir(), "hello-bench-"));
process.once("exit", () => rmSync(folder, { recursive: true }));

const connections = 4;

/** Call that h2load repeats. */
export interface LoadCall {
  readonly path: string;
  /** File with the requests in gRPC framing. */
  readonly bodyFile: string;
  /** Calls in flight on each of the 4 connections. */
  readonly inFlight: number;
}

/** Result of a load. */
export interface LoadResult {
  /** Number of completed calls. */
  readonly calls: number;
  /** Number of bytes received, including the framing, and including the responses of incomplete calls. */
  readonly receivedBytes: number;
  /** Duration of the load, as measured by h2load. */
  readonly seconds: number;
}

/** Creates a call from encoded requests. */
export function loadCall(path: string, requests: readonly Uint8Array[], inFlight: number): LoadCall {
  const bodyFile = join(folder, `${path.replaceAll("/", ".")}-${requests.length}-${requests[0]?.length}`);
  writeFileSync(bodyFile, Buffer.concat(requests.map((request) => message(request))));
  return { path, bodyFile, inFlight };
}

const { path, requestSerialize } = HelloService.hello;
const helloCall = loadCall(path, [requestSerialize(new HelloRequest().setValue("World"))], 32);

/**
 * Calls a server with h2load, which runs on the last core with 4 connections and windows of 1 MiB. Makes one call on
 * each connection if the load lasts 0 seconds. By default, calls Hello with 32 calls in flight per connection.
 *
 * @throws Error with the output of h2load if a call fails.
 */
export async function load(
  port: number,
  amount: { readonly seconds: number } | { readonly calls: number },
  { path, bodyFile, inFlight }: LoadCall = helloCall,
): Promise<LoadResult> {
  const { stdout, stderr } = await run([
    ...(["taskset", "-c", String(availableParallelism() - 1)] as const),
    h2load.program,
    ...[`--clients=${connections}`, `--max-concurrent-streams=${inFlight}`, `--data=${bodyFile}`],
    ...["--window-bits=20", "--connection-window-bits=20"],
    "calls" in amount
      ? `--requests=${amount.calls}`
      : amount.seconds > 0
        ? `--duration=${amount.seconds * 1_000}ms`
        : `--requests=${connections}`,
    ...["--header=content-type: application/grpc", "--header=te: trailers"],
    `http://127.0.0.1:${port}${path}`,
  ]);
  const calls = Number(/(\d+) succeeded/.exec(stdout)?.[1]);
  const [, failed, errored] = /(\d+) failed, (\d+) errored/.exec(stdout) ?? [];
  const receivedBytes = Number(/\((\d+)\) data/.exec(stdout)?.[1]);
  if (failed !== "0" || errored !== "0") {
    throw new Error(`h2load: ${stdout}${stderr}`);
  }
  const [, duration, unit = ""] = /^finished in ([\d.]+)([um]?s)/m.exec(stdout) ?? [];
  return { calls, receivedBytes, seconds: Number(duration) / ({ us: 1e6, ms: 1e3 }[unit] ?? 1) };
}
