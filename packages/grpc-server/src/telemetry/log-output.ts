import { writeSync } from "node:fs";
import { Socket } from "node:net";
import { reasonOf } from "@hello/grpc-common";
import type { DestinationStream } from "pino";

/** Standard output as the destination of a log. */
export interface LogOutput extends DestinationStream {
  /** Calls `callback` once every line is written, or after one second if standard output stays blocked. */
  flush(callback: () => void): void;
}

/** Options of {@link createLogOutput}: functions that report dropped lines. */
export interface LogOutputOptions {
  /** Writes a warning to standard error: when the first line is dropped, and at exit if any were not reported. */
  warn(text: string): void;
  /** Reports the number of dropped lines, once lines can be written again. */
  onRecovery(dropped: number): void;
}

type Drop = (reason: string, count?: number) => void;

const maxQueuedCharacters = 1024 * 1024;
const flushTimeoutMs = 1_000;
const blocked = "standard output is blocked";

/**
 * Creates an output that neither blocks nor fails. Lines that a pipe or terminal does not accept at once are queued in
 * memory, up to a limit. Lines beyond it, and lines that cannot be written, are dropped.
 */
export function createLogOutput({ warn, onRecovery }: LogOutputOptions): LogOutput {
  let dropped = 0;
  let hasDropped = false;

  function drop(reason: string, count = 1): void {
    dropped += count;
    if (!hasDropped) {
      hasDropped = true;
      warn(`dropping log lines: ${reason}`);
    }
  }

  function recover(): void {
    if (dropped > 0) {
      const count = dropped;
      dropped = 0;
      onRecovery(count);
    }
  }

  process.on("exit", () => {
    if (dropped > 0) {
      warn(`${dropped} log lines were dropped`);
    }
  });
  for (const stream of [process.stdout, process.stderr]) {
    // Failed writes are handled in their callbacks. Without a listener, they would end the process.
    stream.on("error", () => undefined);
    // Node makes writes to a terminal blocking, so that Ctrl-S would stop the server.
    Reflect.get(stream, "_handle")?.setBlocking?.(false);
  }
  return process.stdout instanceof Socket
    ? createStreamOutput(process.stdout, drop, recover)
    : createFileOutput(drop, recover);
}

function createStreamOutput(stdout: Socket, drop: Drop, recover: () => void): LogOutput {
  const queue: string[] = [];
  let queuedCharacters = 0;
  let isDropping = false;
  let onEmpty: (() => void) | undefined;

  const isEmpty = () => queue.length === 0 && stdout.writableLength === 0;

  /** Writes one line at a time: several processes may share the pipe, and longer writes could mix their lines. */
  function writeQueued(): void {
    while (queue.length > 0 && stdout.writableLength === 0) {
      const line = queue.shift() ?? "";
      queuedCharacters -= line.length;
      stdout.write(line, onWritten);
    }
  }

  function onWritten(error?: Error | null): void {
    if (error) {
      drop(reasonOf(error));
    }
    writeQueued();
    if (isEmpty()) {
      isDropping = false;
      onEmpty?.();
      if (!error) {
        recover();
      }
    }
  }

  return {
    write(line) {
      isDropping ||= queuedCharacters + line.length > maxQueuedCharacters;
      if (isDropping) {
        drop(blocked);
      } else {
        queuedCharacters += line.length;
        queue.push(line);
        writeQueued();
      }
    },
    flush(callback) {
      if (isEmpty()) {
        callback();
        return;
      }
      const timeout = setTimeout(() => {
        // Includes the line that is being written.
        drop(blocked, queue.length + 1);
        callback();
      }, flushTimeoutMs);
      onEmpty = () => {
        clearTimeout(timeout);
        callback();
      };
    },
  };
}

function createFileOutput(drop: Drop, recover: () => void): LogOutput {
  /** Rest of a line that was only partly written because the disk was full. */
  let rest = Buffer.alloc(0);
  return {
    write(line) {
      try {
        const bytes = Buffer.concat([rest, Buffer.from(line)]);
        rest = bytes.subarray(writeSync(1, bytes));
      } catch (error) {
        drop(reasonOf(error));
        return;
      }
      recover();
    },
    flush: (callback) => callback(),
  };
}
