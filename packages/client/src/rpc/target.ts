import { isIP } from "node:net";

/**
 * Whether every address of a target is this machine's: `localhost`, 127.0.0.0/8, `::1` or a Unix domain socket. No
 * proxy can reach those.
 */
export function isLoopback(target: string): boolean {
  if (/^unix(-abstract)?:/.test(target)) {
    return true;
  }
  const path = target.replace(/^(dns|ipv4|ipv6):(\/\/[^/]*\/)?/, "");
  return path.split(",").every((address) => {
    const host = isIP(address) ? address : address.replace(/:\d+$/, "").replace(/^\[(.*)\]$/, "$1");
    return host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));
  });
}
