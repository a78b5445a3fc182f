import type { Socket } from "node:net";

/** What stands between an accepted socket and HTTP/2. */
export interface Transport {
  /** Takes a socket that has just been accepted, and hands it on once its client has said the right thing. */
  accept(socket: Socket): void;
  /** Hands on no more. What has been handed on stays. */
  close(): void;
}

/** The address of a client, for the log; a Unix domain socket has none. */
export function peerOf({ remoteAddress, remotePort }: Socket): string {
  return remoteAddress === undefined ? "unix" : `${remoteAddress}:${remotePort}`;
}
