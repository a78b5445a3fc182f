import type { Socket } from "node:net";
import type { Logger } from "pino";
import { createThrottledWarn } from "../throttled-warn.js";
import { readOpenFileLimit } from "./open-file-limit.js";

/** Options of {@link createConnectionLimiter}. */
export interface ConnectionLimiterOptions {
  /** Maximum number of open connections on each address. */
  readonly maxConnections: number;
  readonly logger: Logger;
  /** Maximum number of open files of the process. Default: the limit that the system reports. */
  readonly maxOpenFiles?: number;
}

/** Minimum number of file descriptors that are not used for connections. Node itself opens up to 30. */
const minReservedFiles = 50;

/**
 * Creates a function that adds the limit to the connection listener of an address: connections beyond it are closed at
 * once. A tenth of the file descriptors, and at least {@link minReservedFiles}, is kept for other files across all
 * addresses: without a free one, a worker process cannot receive another connection.
 */
export function createConnectionLimiter({
  maxConnections,
  logger,
  maxOpenFiles = readOpenFileLimit(),
}: ConnectionLimiterOptions): (onConnection: (socket: Socket) => void) => (socket: Socket) => void {
  const warn = createThrottledWarn(logger);
  const maxInTotal = Math.max(1, maxOpenFiles - Math.max(maxOpenFiles / 10, minReservedFiles));
  let openInTotal = 0;
  if (maxOpenFiles < maxConnections) {
    logger.warn({ maxOpenFiles, maxConnections }, "the limit on open files (ulimit -n) is below maxConnections");
  }
  return (onConnection) => {
    let openOnAddress = 0;
    return (socket) => {
      // net.Server's own maxConnections does not suit a cluster: workers pass excess connections around forever.
      if (openOnAddress >= maxConnections) {
        warn("connections", { maxConnections }, "connection refused: maxConnections is reached");
        socket.destroy();
      } else if (openInTotal >= maxInTotal) {
        warn(
          "files",
          { maxOpenFiles, connections: openInTotal },
          "connection refused: file descriptors are running out",
        );
        socket.destroy();
      } else {
        openInTotal++;
        openOnAddress++;
        socket.once("close", () => {
          openInTotal--;
          openOnAddress--;
        });
        onConnection(socket);
      }
    };
  };
}
