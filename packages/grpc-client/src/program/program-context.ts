import type { CallOptions } from "../calls/call-options.js";

/** Output and call options of a running program. */
export interface ProgramContext {
  /** Options to pass to every call. */
  readonly callOptions: CallOptions;
  /** True if the output must be one JSON object per line. */
  readonly json: boolean;
  /** Standard output. The program exits if writing to it fails. */
  readonly output: NodeJS.WriteStream;
}
