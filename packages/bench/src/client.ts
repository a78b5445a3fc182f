/**
 * Measures the overhead of HelloClient over the generated stub: calls per second and CPU time per call, with 64 calls
 * in flight, against a bare server in another process.
 *
 *     tsx src/client.ts [rounds] [seconds]
 */
import { compileProgram } from "@hello/testing/compile";
import { run } from "@hello/testing/program";
import { bare, startCandidate } from "./candidates.js";
import { median, ratio } from "./statistics.js";

const [rounds = 12, seconds = 2] = process.argv.slice(2).map(Number);

/** Result of one run of a client. */
interface ClientRun {
  readonly callsPerSecond: number;
  readonly cpuMicrosPerCall: number;
}

const runs = { stub: [] as ClientRun[], HelloClient: [] as ClientRun[] };
await using server = await startCandidate(bare);
const load = await compileProgram(new URL("client-load.ts", import.meta.url));
for (let round = 0; round < rounds; round++) {
  const order = Object.entries(runs);
  for (const [client, results] of round % 2 === 0 ? order : order.reverse()) {
    const args = [client, `127.0.0.1:${server.port}`, String(seconds)];
    const { stdout, stderr } = await run([process.execPath, load, ...args]);
    if (stderr !== "") {
      throw new Error(stderr);
    }
    results.push(JSON.parse(stdout) as ClientRun);
  }
}
for (const [figure, unit] of [
  ["callsPerSecond", "calls per second"],
  ["cpuMicrosPerCall", "µs of CPU per call"],
] as const) {
  const [stub, client] = [runs.stub, runs.HelloClient].map((runs) => runs.map((run) => run[figure]));
  if (stub !== undefined && client !== undefined) {
    console.log(
      `${unit}, 64 in flight, medians of ${rounds}: stub ${median(stub).toFixed(0)}, HelloClient ${median(client).toFixed(0)}`,
    );
    console.log(`ratio HelloClient / stub: ${ratio(client, stub)}`);
  }
}
