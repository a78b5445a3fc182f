import type { Socket } from "node:net";

/** Layer between an accepted socket and HTTP/2. */
export interface Transport {
  /** Takes a socket that was just accepted, and passes it on once its client has begun correctly. */
  accept(socket: Socket): void;
  /** Passes on no more sockets. Those passed on stay open. */
  close(): void;
}

/** Returns the address of a client, for the log; a Unix domain socket has none. */
export function peerOf({ remoteAddress, remotePort }: Socket): string {
  return remoteAddress === undefined ? "unix" : `${remoteAddress}:${remotePort}`;
}
