import type { Socket } from "node:net";

/** Layer between an accepted socket and HTTP/2. */
export interface Transport {
  /** Takes over a newly accepted socket, and passes it on once the client's first bytes or TLS handshake are valid. */
  accept(socket: Socket): void;
  /** Stops passing on sockets. Those already passed on stay open. */
  close(): void;
}

/** Returns the address of a client for the log, or `unix` for a Unix domain socket. */
export function peerOf({ remoteAddress, remotePort }: Socket): string {
  return remoteAddress === undefined ? "unix" : `${remoteAddress}:${remotePort}`;
}
