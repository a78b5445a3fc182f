import { readdirSync, readFileSync } from "node:fs";
import { type Candidate, type Running, startCandidate } from "./candidates.js";
import { median, ratio } from "./statistics.js";

/** Measurement of servers under one load. */
export interface Comparison {
  /** Servers to compare; the first is the base of the ratios. */
  readonly candidates: readonly Candidate[];
  readonly starts: number;
  /** Length of a slice in seconds. */
  readonly seconds: number;
  /** Unit of work, in the singular: `call` or `message`. */
  readonly unit: string;
  /** Loads a server for some seconds, and resolves with the units of work that it has done. */
  load(port: number, seconds: number): Promise<number>;
}

/**
 * Measures how much work servers do in a second, and their CPU time for each unit of it, and prints medians and ratios.
 * Short slices in ABCCBA order on fresh processes: a machine is noisy and a process has its own luck, so only the ratio
 * of medians over many starts means something.
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
      // Let the compiler see what is hot.
      await load(server.port, Math.min(seconds, 1));
    }
    for (const { figures, server } of [...running, ...running.toReversed()]) {
      const before = cpuNanos(server.pid);
      const work = await load(server.port, seconds);
      figures.perSecond.push(work / seconds);
      figures.cpuMicros.push((cpuNanos(server.pid) - before) / work / 1_000);
    }
    await Promise.all(running.map(({ server }) => server[Symbol.asyncDispose]()));
  }
  const [base] = measured;
  for (const { candidate, perSecond, cpuMicros } of measured) {
    console.log(
      `${candidate.name}: ${median(perSecond).toFixed(0)} ${unit}s a second, ${median(cpuMicros).toFixed(1)} µs CPU a ${unit}`,
    );
    if (base && candidate !== base.candidate) {
      console.log(`  ${unit}s a second / ${base.candidate.name}: ${ratio(perSecond, base.perSecond)}`);
      console.log(`  CPU a ${unit} / ${base.candidate.name}: ${ratio(cpuMicros, base.cpuMicros)}`);
    }
  }
}

/** Returns the time that all threads of a process have run, in nanoseconds. */
function cpuNanos(pid: number): number {
  return readdirSync(`/proc/${pid}/task`)
    .map((thread) => Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ")[0]))
    .reduce((sum, nanos) => sum + nanos, 0);
}
