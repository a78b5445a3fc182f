import type { Socket } from "node:net";

/** Layer between an accepted socket and HTTP/2. */
export interface Transport {
  /** Takes over a newly accepted socket, and passes it on once the client's first bytes or TLS handshake are valid. */
  accept(socket: Socket): void;
  /** Stops passing on sockets. Those already passed on stay open. */
  close(): void;
}

/** Address of a client. Over a Unix domain socket, the client has none. */
export interface Peer {
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
}

/** Formats the address of a client, or returns `unix` for a Unix domain socket. */
export function peerOf({ remoteAddress, remotePort }: Peer): string {
  return remoteAddress === undefined ? "unix" : `${remoteAddress}:${remotePort}`;
}
