import { fstatSync } from "node:fs";
import { Socket } from "node:net";
import type { Writable } from "node:stream";

/**
 * Standard output, which here never holds up the event loop where its reader is slow, like a pager. `process.stdout`
 * does on a full pipe, but for Windows: calls under way would then run into their deadlines.
 */
export function standardOutput(): Writable {
  const kind = fstatSync(1);
  const isPipe = kind.isFIFO() || kind.isSocket();
  return isPipe && process.platform !== "win32"
    ? new Socket({ fd: 1, readable: false, writable: true })
    : process.stdout;
}
