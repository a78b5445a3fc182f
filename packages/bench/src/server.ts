/**
 * Measures calls a second and CPU time a call of the server, Hello against bare grpc-js: short slices in ABBA order on
 * fresh processes, the load (h2load) pinned to one core. A machine is noisy and a process has its own luck: only the
 * ratio of medians over many starts means something.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { HelloRequest, HelloService } from "@hello/proto";
import { run } from "@hello/testing/program";
import { requires } from "@hello/testing/requires";
import { bare, type Candidate, hello, type Running, startCandidate } from "./candidates.js";
import { median, ratio } from "./statistics.js";

const rounds = Number(process.argv[2] ?? 12);
const sliceSeconds = Number(process.argv[3] ?? 2);
const h2load = requires("h2load");

interface Figures {
  readonly callsPerSecond: number;
  readonly cpuMicrosPerCall: number;
}

/** The time that all threads of a process have run, in nanoseconds. */
function cpuNanos(pid: number): number {
  return readdirSync(`/proc/${pid}/task`)
    .map((thread) => Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ")[0]))
    .reduce((sum, nanos) => sum + nanos, 0);
}

/** Loads a server for some seconds: 4 connections with 32 calls in flight each. */
async function slice({ pid, port }: Running, requestFile: string, seconds: number): Promise<Figures> {
  const before = cpuNanos(pid);
  const { stdout, stderr } = await run([
    ...(["taskset", "-c", String(availableParallelism() - 1)] as const),
    h2load.program,
    ...["--clients=4", "--max-concurrent-streams=32", `--duration=${seconds}`, `--data=${requestFile}`],
    ...["--header=content-type: application/grpc", "--header=te: trailers"],
    `http://127.0.0.1:${port}${HelloService.hello.path}`,
  ]);
  const cpu = cpuNanos(pid) - before;
  const calls = Number(/(\d+) succeeded/.exec(stdout)?.[1]);
  const failed = Number(/(\d+) failed/.exec(stdout)?.[1]);
  if (!(calls > 0) || failed > 0) {
    throw new Error(`h2load: ${stdout}${stderr}`);
  }
  return { callsPerSecond: calls / seconds, cpuMicrosPerCall: cpu / calls / 1_000 };
}

async function measure(candidates: readonly [Candidate, Candidate], requestFile: string): Promise<void> {
  const figures = candidates.map(() => [] as Figures[]);
  for (let round = 0; round < rounds; round++) {
    await using a = await startCandidate(candidates[0]);
    await using b = await startCandidate(candidates[1]);
    const slices = [a, b].map(() => [] as Figures[]);
    // Let the compiler see what is hot.
    await slice(a, requestFile, 1);
    await slice(b, requestFile, 1);
    for (const index of [0, 1, 1, 0]) {
      slices[index]?.push(await slice([a, b][index] ?? a, requestFile, sliceSeconds));
    }
    for (const [index, both] of slices.entries()) {
      figures[index]?.push({
        callsPerSecond: median(both.map(({ callsPerSecond }) => callsPerSecond)),
        cpuMicrosPerCall: median(both.map(({ cpuMicrosPerCall }) => cpuMicrosPerCall)),
      });
    }
  }
  for (const [index, { name }] of candidates.entries()) {
    const [calls, cpu] = columns(figures[index] ?? []);
    console.log(`${name}: ${median(calls).toFixed(0)} calls a second, ${median(cpu).toFixed(1)} µs CPU a call`);
  }
  const [[callsA, cpuA], [callsB, cpuB]] = [columns(figures[0] ?? []), columns(figures[1] ?? [])];
  console.log(`${candidates[1].name} / ${candidates[0].name}, calls a second: ${ratio(callsB, callsA)}`);
  console.log(`${candidates[1].name} / ${candidates[0].name}, CPU a call: ${ratio(cpuB, cpuA)}`);
}

function columns(figures: readonly Figures[]): [calls: number[], cpu: number[]] {
  return [figures.map(({ callsPerSecond }) => callsPerSecond), figures.map(({ cpuMicrosPerCall }) => cpuMicrosPerCall)];
}

if (h2load.skip) {
  console.error(h2load.skip);
  process.exit(1);
}
const folder = mkdtempSync(join(tmpdir(), "hello-bench-"));
try {
  const message = HelloService.hello.requestSerialize(new HelloRequest().setValue("World"));
  const frame = Buffer.alloc(5 + message.length);
  frame.writeUInt32BE(message.length, 1);
  message.copy(frame, 5);
  const requestFile = join(folder, "request");
  writeFileSync(requestFile, frame);
  await measure([bare, hello()], requestFile);
} finally {
  rmSync(folder, { recursive: true });
}
