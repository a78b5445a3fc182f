import type { ChildProcess } from "node:child_process";
import { type Logger, symbols } from "pino";

/**
 * Forwards a worker's log to this process's, and its errors to standard error. Workers cannot share standard output: as one
 * starts or ends, Node makes a shared pipe block, and a reader that stalls would then block all of them.
 */
export function forwardOutput({ stdout, stderr }: ChildProcess, logger: Logger): void {
  const log: { write(line: string): void } = Reflect.get(logger, symbols.streamSym);
  let rest = "";
  stdout?.setEncoding("utf8").on("data", (text: string) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      log.write(`${line}\n`);
    }
  });
  stderr?.on("data", (text: Buffer) => process.stderr.write(text));
}
