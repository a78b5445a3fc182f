import { isatty } from "node:tty";
import { requestReload } from "../reload.js";

/** Listener for the signals that request this process to stop. */
type StopSignalListener = (signal: NodeJS.Signals) => void;

const earlySignals: NodeJS.Signals[] = [];
let listener: StopSignalListener = (signal) => earlySignals.push(signal);

// Registered while this module loads, so programs import it first: before that, a signal ends the process at once or,
// in the first process of a container, is lost.
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => listener(signal));
}

// If standard output is a terminal, SIGHUP means that it has closed, and stops the process. Otherwise it requests a
// reload. The listener also keeps the process running under nohup, because Node does not leave the signal ignored.
const hasTerminal = isatty(1);
process.on("SIGHUP", () => (hasTerminal ? listener("SIGHUP") : requestReload()));

/** Passes stop signals to a listener, including those that have already arrived. */
export function onStopSignal(onSignal: StopSignalListener): void {
  listener = onSignal;
  earlySignals.splice(0).forEach(onSignal);
}
