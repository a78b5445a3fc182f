import type { Socket } from "node:net";
import type { Logger } from "pino";
import { createThrottledWarn } from "../telemetry/throttled-warn.js";
import { openFileLimit } from "./open-file-limit.js";

/** Options of {@link createConnectionLimit}. */
export interface ConnectionLimitOptions {
  /** Maximum of open connections on each address. */
  readonly maxConnections: number;
  readonly logger: Logger;
  /** Number of files that the process may have open. Default: as the system says. */
  readonly maxOpenFiles?: number;
}

/**
 * Creates a function that adds the limit to the connection listener of an address: one connection more is closed at once.
 * All addresses together leave a tenth of the file descriptors unused, without which a worker process could not receive
 * its next connection.
 */
export function createConnectionLimit({
  maxConnections,
  logger,
  maxOpenFiles = openFileLimit(),
}: ConnectionLimitOptions): (onConnection: (socket: Socket) => void) => (socket: Socket) => void {
  const warn = createThrottledWarn(logger);
  let open = 0;
  if (maxOpenFiles < maxConnections) {
    logger.warn({ maxOpenFiles, maxConnections }, "the limit of open files (ulimit -n) is below maxConnections");
  }
  return (onConnection) => {
    let openHere = 0;
    return (socket) => {
      // Not by the server's own maxConnections: in a cluster, workers pass the connections beyond it around for ever.
      if (openHere >= maxConnections) {
        warn("connections", { maxConnections }, "connection refused: the limit is reached");
        socket.destroy();
      } else if (open >= maxOpenFiles * 0.9) {
        warn("files", { maxOpenFiles, connections: open }, "connection refused: file descriptors run out");
        socket.destroy();
      } else {
        open++;
        openHere++;
        socket.once("close", () => {
          open--;
          openHere--;
        });
        onConnection(socket);
      }
    };
  };
}
