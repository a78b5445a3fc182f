/**
 * Measures the memory of Hello and of bare grpc-js after each quarter of a million calls. It must not grow with the
 * number of calls.
 *
 *     tsx src/memory.ts [starts] [calls per quarter]
 */
import { readFileSync } from "node:fs";
import { bare, hello, startCandidate } from "./candidates.js";
import { load } from "./load.js";
import { median, ratio } from "./statistics.js";

const [starts = 3, calls = 250_000] = process.argv.slice(2).map(Number);

/** Returns the resident memory of a process, in MiB. */
function residentMib(pid: number): number {
  return Number(/^VmRSS:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1_024;
}

const measured = [bare, hello()].map((candidate) => ({ candidate, last: [] as number[], all: [] as number[][] }));
for (let round = 0; round < starts; round++) {
  for (const { candidate, last, all } of measured) {
    await using server = await startCandidate(candidate);
    const resident: number[] = [];
    for (let quarter = 0; quarter < 4; quarter++) {
      await load(server.port, { calls });
      resident.push(residentMib(server.pid));
    }
    last.push(resident.at(-1) ?? Number.NaN);
    all.push(resident);
  }
}
const [base] = measured;
for (const { candidate, last, all } of measured) {
  const starts = all.map((resident) => resident.map((mib) => mib.toFixed(0)).join(" ")).join(", ");
  console.log(`${candidate.name}: ${median(last).toFixed(0)} MiB after all calls; after each quarter: ${starts}`);
  if (base && candidate !== base.candidate) {
    console.log(`  / ${base.candidate.name}: ${ratio(last, base.last)}`);
  }
}
