import type { Socket } from "node:net";

/** Resolves when a socket is closed, even by a reset. */
export function waitForClose(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    if (socket.closed) {
      resolve();
    }
    socket
      .on("error", () => undefined)
      .on("close", () => resolve())
      .resume();
  });
}
