/**
 * Measures what HelloClient costs over the bare stub: calls a second and CPU a call, with 64 calls in flight, against a
 * bare server in a process of its own.
 *
 *     tsx src/client.ts [rounds] [seconds]
 */
import { fileURLToPath } from "node:url";
import { run } from "@hello/testing/program";
import { bare, startCandidate } from "./candidates.js";
import { median, ratio } from "./statistics.js";

const [rounds = 12, seconds = 2] = process.argv.slice(2).map(Number);

/** What one start of a client comes to. */
interface Slice {
  readonly callsPerSecond: number;
  readonly cpuMicrosPerCall: number;
}

const slices = { stub: [] as Slice[], HelloClient: [] as Slice[] };
await using server = await startCandidate(bare);
const load = fileURLToPath(new URL("client-load.ts", import.meta.url));
for (let round = 0; round < rounds; round++) {
  const order = Object.entries(slices);
  for (const [client, measured] of round % 2 === 0 ? order : order.reverse()) {
    const args = [client, `127.0.0.1:${server.port}`, String(seconds)];
    const { stdout, stderr } = await run([process.execPath, "--import=tsx", load, ...args]);
    if (stderr !== "") {
      throw new Error(stderr);
    }
    measured.push(JSON.parse(stdout) as Slice);
  }
}
for (const [figure, unit] of [
  ["callsPerSecond", "calls a second"],
  ["cpuMicrosPerCall", "µs of CPU a call"],
] as const) {
  const [stub, client] = [slices.stub, slices.HelloClient].map((slices) => slices.map((slice) => slice[figure]));
  if (stub !== undefined && client !== undefined) {
    console.log(
      `${unit}, 64 in flight, medians of ${rounds}: stub ${median(stub).toFixed(0)}, HelloClient ${median(client).toFixed(0)}`,
    );
    console.log(`ratio HelloClient / stub: ${ratio(client, stub)}`);
  }
}
