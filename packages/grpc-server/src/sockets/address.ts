import { isIP, isIPv6 } from "node:net";
import { maxSocketPathBytes } from "@hello/grpc-common";

/** Address of a server: a host and port, or the path of a Unix domain socket. */
export type Address = { readonly host: string; readonly port: number } | { readonly path: string };

/**
 * Parses `host:port`, `[IPv6]:port`, `:port` (all interfaces) or `unix:/path`. Port 0 selects a free port.
 *
 * @throws TypeError if the address is invalid.
 */
export function parseAddress(text: string): Address {
  if (text.startsWith("unix:")) {
    const path = text.slice("unix:".length).replace(/^\/\/(?=\/)/, "");
    if (path === "") {
      throw new TypeError(`invalid address "${text}": the path is missing; use unix:/path/to/socket`);
    }
    if (Buffer.byteLength(path) > maxSocketPathBytes || path.includes("\0")) {
      throw new TypeError(
        `invalid address "${text}": the path must have at most ${maxSocketPathBytes} bytes and no NUL`,
      );
    }
    return { path };
  }
  const match = /^(?:\[(?<v6>[^\]]*)\]|(?<name>[^:[\]]*)):(?<port>\d+)$/.exec(text);
  const { v6, name = "", port } = match?.groups ?? {};
  const host = v6 ?? (name === "" ? "::" : name);
  if (match === null || (v6 !== undefined && !isIPv6(v6))) {
    throw new TypeError(`invalid address "${text}": use host:port, [IPv6]:port, :port or unix:/path`);
  }
  if (Number(port) > 65_535) {
    throw new TypeError(`invalid address "${text}": the port must be at most 65535`);
  }
  return { host, port: Number(port) };
}

/** Formats an address as {@link parseAddress} parses it. */
export function formatAddress(address: Address): string {
  if ("path" in address) {
    return `unix:${address.path}`;
  }
  return `${isIP(address.host) === 6 ? `[${address.host}]` : address.host}:${address.port}`;
}
