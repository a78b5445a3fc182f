/** Receives the signals that ask this process to stop. */
type StopSignalListener = (signal: NodeJS.Signals) => void;

const early: NodeJS.Signals[] = [];
let listener: StopSignalListener = (signal) => early.push(signal);

// Registered as this module loads, so a program loads it first: before that, a signal ends the process at once or, as the
// first process of a container, is lost.
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => listener(signal));
}

/** Passes SIGINT and SIGTERM to a listener, those that have already arrived included. */
export function onStopSignal(onSignal: StopSignalListener): void {
  listener = onSignal;
  early.splice(0).forEach(onSignal);
}
