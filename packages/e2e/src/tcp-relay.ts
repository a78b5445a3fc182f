import { connect, createServer, type Socket } from "node:net";
import { listen, type Peer } from "@hello/testing/peer";

/** TCP relay in front of a server on the loopback interface. */
export interface TcpRelay extends Peer {
  /** Address of the server for new connections, as `host:port`. */
  target: string;
  /** Number of bytes forwarded from the server so far. */
  readonly sentBytes: number;
  /** Stops forwarding on all connections without closing them, like a NAT that has lost its state. */
  drop(): void;
}

/** Starts a relay, which delays all data by `delayMs` in each direction. */
export async function startRelay(target: string, { delayMs = 0 } = {}): Promise<TcpRelay> {
  const open = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    const upstream = connect({ port: Number(relay.target.split(":")[1]), allowHalfOpen: true, noDelay: true });
    open.add(client).add(upstream);
    forward(client, upstream, delayMs);
    upstream.on("data", (chunk) => {
      relay.sentBytes += chunk.length;
    });
    forward(upstream, client, delayMs);
  });
  const drop = () => {
    for (const socket of open) {
      socket.removeAllListeners("data").removeAllListeners("end");
      socket.resume().unref();
    }
    open.clear();
  };
  const relay = Object.assign(await listen(server), { target, sentBytes: 0, drop });
  return relay;
}

function forward(from: Socket, to: Socket, delayMs: number): void {
  const later = (action: () => void) => (delayMs > 0 ? setTimeout(action, delayMs) : action());
  from.on("data", (chunk) => later(() => to.write(chunk)));
  from.on("end", () => later(() => to.end()));
  // If one side fails, the other is closed too.
  from.on("error", () => to.destroy());
}
