/**
 * Measures the time from exec until a server is serving: Hello and bare grpc-js.
 *
 *     tsx src/startup.ts [starts]
 */
import { bare, hello, startCandidate } from "./candidates.js";
import { median, ratio } from "./statistics.js";

const starts = Number(process.argv[2] ?? 20);
const times = new Map([bare, hello()].map((candidate) => [candidate, [] as number[]]));
for (let round = 0; round < starts; round++) {
  const order = [...times];
  for (const [candidate, figures] of round % 2 === 0 ? order : order.reverse()) {
    await using running = await startCandidate(candidate);
    figures.push(running.startMs);
  }
}
const [bareTimes = [], helloTimes = []] = times.values();
console.log(
  `exec to serving, medians of ${starts}: bare ${median(bareTimes).toFixed(0)} ms, hello ${median(helloTimes).toFixed(0)} ms`,
);
console.log(`ratio hello / bare: ${ratio(helloTimes, bareTimes)}`);
