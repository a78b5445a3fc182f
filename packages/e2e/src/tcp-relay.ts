import { connect, createServer, type Socket } from "node:net";
import { listen, type Peer } from "@hello/testing/peer";

/** TCP relay in front of a server on the loopback interface. */
export interface TcpRelay extends Peer {
  /** Address of the server, as `host:port`, for the connections that are yet to come. */
  target: string;
  /** Stops forwarding on all connections without closing them, as a NAT does that has forgotten them. */
  drop(): void;
}

/** Starts a relay. It holds every byte back for `delayMs` in both directions, as a long line would. */
export async function startRelay(target: string, { delayMs = 0 } = {}): Promise<TcpRelay> {
  const open = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    const upstream = connect({ port: Number(relay.target.split(":")[1]), allowHalfOpen: true, noDelay: true });
    open.add(client).add(upstream);
    forward(client, upstream, delayMs);
    forward(upstream, client, delayMs);
  });
  const drop = () => {
    for (const socket of open) {
      socket.removeAllListeners("data").removeAllListeners("end");
      socket.resume().unref();
    }
    open.clear();
  };
  const relay: TcpRelay = Object.assign(await listen(server), { target, drop });
  return relay;
}

function forward(from: Socket, to: Socket, delayMs: number): void {
  const later = (action: () => void) => (delayMs > 0 ? setTimeout(action, delayMs) : action());
  from.on("data", (chunk) => later(() => to.write(chunk)));
  from.on("end", () => later(() => to.end()));
  // One side may break off, and then so does the other.
  from.on("error", () => to.destroy());
}
