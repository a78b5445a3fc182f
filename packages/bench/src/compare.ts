import { readdirSync, readFileSync } from "node:fs";
import { type Candidate, type Running, startCandidate } from "./candidates.js";
import { median, ratio } from "./statistics.js";

/** Work that a server has done. */
export interface Work {
  /** Number of units of work. */
  readonly units: number;
  readonly seconds: number;
}

/** Comparison of servers under the same load. */
export interface Comparison {
  /** Servers to compare. The first is the base of the ratios. */
  readonly candidates: readonly Candidate[];
  readonly starts: number;
  /** Length of a measurement in seconds. With 0, a measurement is one call on each connection. */
  readonly seconds: number;
  /** Unit of work, in the singular: `call` or `message`. */
  readonly unit: string;
  /** Puts load on a server for some seconds. */
  load(port: number, seconds: number): Promise<Work>;
}

/**
 * Measures the work that servers do per second and their CPU time per unit of work, and prints medians and ratios.
 *
 * Takes short measurements in the order ABCCBA, with new processes in each round. Machines are noisy and processes of
 * the same program differ, so only the ratio of medians over many rounds is meaningful.
 */
export async function compare({ candidates, starts, seconds, unit, load }: Comparison): Promise<void> {
  const measured = candidates.map((candidate) => ({
    candidate,
    perSecond: [] as number[],
    cpuMicros: [] as number[],
  }));
  for (let round = 0; round < starts; round++) {
    const running: { figures: (typeof measured)[number]; server: Running }[] = [];
    for (const figures of measured) {
      running.push({ figures, server: await startCandidate(figures.candidate) });
    }
    for (const { server } of running) {
      // Warm up the JIT compiler.
      await load(server.port, Math.min(seconds, 1));
    }
    for (const { figures, server } of [...running, ...running.toReversed()]) {
      const before = cpuNanos(server.pid);
      const work = await load(server.port, seconds);
      figures.perSecond.push(work.units / work.seconds);
      figures.cpuMicros.push((cpuNanos(server.pid) - before) / work.units / 1_000);
    }
    await Promise.all(running.map(({ server }) => server[Symbol.asyncDispose]()));
  }
  const [base] = measured;
  for (const { candidate, perSecond, cpuMicros } of measured) {
    console.log(
      `${candidate.name}: ${median(perSecond).toFixed(0)} ${unit}s per second, ${median(cpuMicros).toFixed(1)} µs CPU per ${unit}`,
    );
    if (base && candidate !== base.candidate) {
      console.log(`  ${unit}s per second / ${base.candidate.name}: ${ratio(perSecond, base.perSecond)}`);
      console.log(`  CPU per ${unit} / ${base.candidate.name}: ${ratio(cpuMicros, base.cpuMicros)}`);
    }
  }
}

/** Returns the CPU time of all threads of a process, in nanoseconds. */
function cpuNanos(pid: number): number {
  return readdirSync(`/proc/${pid}/task`)
    .map((thread) => Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ")[0]))
    .reduce((sum, nanos) => sum + nanos, 0);
}
