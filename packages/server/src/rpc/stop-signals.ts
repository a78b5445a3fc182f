/** Takes the signals that ask this process to stop. */
type StopSignalListener = (signal: NodeJS.Signals) => void;

const early: NodeJS.Signals[] = [];
let listener: StopSignalListener = (signal) => early.push(signal);

// As this module loads, for a process that loads it first: until then a signal ends it at once or, where it is the first
// process of a container, is lost.
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => listener(signal));
}

/** Hands over SIGINT and SIGTERM, those that have come already included. */
export function onStopSignal(take: StopSignalListener): void {
  listener = take;
  early.splice(0).forEach(take);
}
