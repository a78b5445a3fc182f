import type { ChildProcess } from "node:child_process";
import { type Logger, symbols } from "pino";

/**
 * Forwards a worker's log lines to this process's log, and its standard error to this process's. Workers cannot share
 * standard output: Node makes a shared pipe blocking when a worker starts or exits, so that a stalled reader would
 * block all of them.
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
