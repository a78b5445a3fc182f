import { isatty } from "node:tty";
import { requestReload } from "./reload.js";

/** Receives the signals that ask this process to stop. */
type StopSignalListener = (signal: NodeJS.Signals) => void;

const early: NodeJS.Signals[] = [];
let listener: StopSignalListener = (signal) => early.push(signal);

// Registered as this module loads, so a program loads it first: before that, a signal ends the process at once or, as the
// first process of a container, is lost.
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => listener(signal));
}

// A terminal that closes stops what writes to it. Anything else goes on, under nohup too, which Node does not heed.
const hasTerminal = isatty(1);
process.on("SIGHUP", () => (hasTerminal ? listener("SIGHUP") : requestReload()));

/** Passes signals that ask for a stop to a listener, those that have already arrived included. */
export function onStopSignal(onSignal: StopSignalListener): void {
  listener = onSignal;
  early.splice(0).forEach(onSignal);
}
