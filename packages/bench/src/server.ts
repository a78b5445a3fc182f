/**
 * Measures calls a second and CPU time a call of the server: Hello against bare grpc-js, and node:http2 alone, which is
 * Node's limit. Short slices in ABCCBA order on fresh processes: a machine is noisy and a process has its own luck, so
 * only the ratio of medians over many starts means something.
 *
 *     tsx src/server.ts [starts] [seconds of a slice]
 */
import { readdirSync, readFileSync } from "node:fs";
import { bare, hello, limit, type Running, startCandidate } from "./candidates.js";
import { load } from "./load.js";
import { median, ratio } from "./statistics.js";

const [starts = 12, seconds = 2] = process.argv.slice(2).map(Number);

/** The time that all threads of a process have run, in nanoseconds. */
function cpuNanos(pid: number): number {
  return readdirSync(`/proc/${pid}/task`)
    .map((thread) => Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ")[0]))
    .reduce((sum, nanos) => sum + nanos, 0);
}

async function slice({ pid, port }: Running): Promise<{ callsPerSecond: number; cpuMicrosPerCall: number }> {
  const before = cpuNanos(pid);
  const calls = await load(port, { seconds });
  return { callsPerSecond: calls / seconds, cpuMicrosPerCall: (cpuNanos(pid) - before) / calls / 1_000 };
}

const measured = [bare, hello(), limit].map((candidate) => ({
  candidate,
  callsPerSecond: [] as number[],
  cpuMicrosPerCall: [] as number[],
}));
for (let round = 0; round < starts; round++) {
  const running = await Promise.all(
    measured.map(async (figures) => ({ figures, server: await startCandidate(figures.candidate) })),
  );
  for (const { server } of running) {
    // Let the compiler see what is hot.
    await load(server.port, { seconds: 1 });
  }
  for (const { figures, server } of [...running, ...running.toReversed()]) {
    const { callsPerSecond, cpuMicrosPerCall } = await slice(server);
    figures.callsPerSecond.push(callsPerSecond);
    figures.cpuMicrosPerCall.push(cpuMicrosPerCall);
  }
  await Promise.all(running.map(({ server }) => server[Symbol.asyncDispose]()));
}
const [base] = measured;
for (const { candidate, callsPerSecond, cpuMicrosPerCall } of measured) {
  console.log(
    `${candidate.name}: ${median(callsPerSecond).toFixed(0)} calls a second, ${median(cpuMicrosPerCall).toFixed(1)} µs CPU a call`,
  );
  if (base && candidate !== base.candidate) {
    console.log(`  calls a second / ${base.candidate.name}: ${ratio(callsPerSecond, base.callsPerSecond)}`);
    console.log(`  CPU a call / ${base.candidate.name}: ${ratio(cpuMicrosPerCall, base.cpuMicrosPerCall)}`);
  }
}
