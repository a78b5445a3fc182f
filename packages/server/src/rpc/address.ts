import { isIP, isIPv6 } from "node:net";

/** Where a server listens: a host and port, or the path of a Unix domain socket. */
export type Address = { readonly host: string; readonly port: number } | { readonly path: string };

/**
 * Reads `host:port`, `[IPv6]:port`, `:port` (every interface) or `unix:/path`. Port 0 stands for any free port.
 *
 * @throws TypeError which says what is wrong with the text.
 */
export function parseAddress(text: string): Address {
  if (text.startsWith("unix:")) {
    const path = text.slice("unix:".length).replace(/^\/\/(?=\/)/, "");
    if (path === "") {
      throw new TypeError(`"${text}" has no path; write unix:/path/to/socket`);
    }
    return { path };
  }
  const match = /^(?:\[(?<v6>[^\]]*)\]|(?<name>[^:[\]]*)):(?<port>\d+)$/.exec(text);
  const { v6, name = "", port } = match?.groups ?? {};
  const host = v6 ?? (name === "" ? "::" : name);
  if (match === null || (v6 !== undefined && !isIPv6(v6))) {
    throw new TypeError(`"${text}" is not an address; write host:port, [IPv6]:port, :port or unix:/path`);
  }
  if (Number(port) > 65_535) {
    throw new TypeError(`"${text}" has a port above 65535`);
  }
  return { host, port: Number(port) };
}

/** Writes an address as {@link parseAddress} reads it. */
export function formatAddress(address: Address): string {
  if ("path" in address) {
    return `unix:${address.path}`;
  }
  return `${isIP(address.host) === 6 ? `[${address.host}]` : address.host}:${address.port}`;
}
