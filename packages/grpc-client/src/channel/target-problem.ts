import { isIPv4, isIPv6 } from "node:net";
import { domainToASCII } from "node:url";
import { maxSocketPathBytes } from "@hello/grpc-common";

const hostName = /^(?=.{1,254}$)[\w-]{1,63}(?:\.[\w-]{1,63})*\.?$/;

/**
 * Returns the reason why a target is invalid, or `undefined`. Checks the schemes of grpc-js; other schemes are left to
 * their resolvers.
 *
 * @param target Target with its scheme, as a channel of grpc-js returns it.
 */
export function findTargetProblem(target: string): string | undefined {
  const [, scheme, authority, path = ""] = /^(dns|ipv4|ipv6|unix):(?:\/\/([^/]*)\/)?(.*)$/s.exec(target) ?? [];
  switch (scheme) {
    case "dns":
      // grpc-js parses a scheme without an address as a host name.
      return /^(?:dns|ipv4|ipv6|unix):$/.test(path) ? "the address is missing" : findAddressProblem(path);
    case "ipv4":
    case "ipv6":
      return path
        .split(",")
        .map((address) => findAddressProblem(address, scheme))
        .find((problem) => problem !== undefined);
    case "unix":
      return authority || path.startsWith("//")
        ? "expected unix:/path or unix:///path"
        : findPathProblem(authority === "" ? `/${path}` : path);
    default:
      return undefined;
  }
}

function findAddressProblem(address: string, scheme?: "ipv4" | "ipv6"): string | undefined {
  const [, ipv6, end] = /^\[([^\]]*)\](.*)$/s.exec(address) ?? [];
  if (ipv6 !== undefined && end !== undefined) {
    return isIPv6(ipv6) && scheme !== "ipv4" ? findPortProblem(end) : describeInvalidAddress(scheme ?? "ipv6", ipv6);
  }
  if (isIPv6(address)) {
    return scheme === "ipv4" ? describeInvalidAddress(scheme, address) : undefined;
  }
  const separator = address.lastIndexOf(":");
  const host = separator < 0 ? address : address.slice(0, separator);
  return findHostProblem(host, scheme) ?? findPortProblem(separator < 0 ? "" : address.slice(separator));
}

function findHostProblem(host: string, scheme?: "ipv4" | "ipv6"): string | undefined {
  if (host === "") {
    return "the host is missing";
  }
  if (host.includes(":") || scheme === "ipv6") {
    return `${JSON.stringify(host)} is not a host name; write an IPv6 address in brackets`;
  }
  if (isIPv4(host)) {
    return undefined;
  }
  if (scheme === "ipv4" || /^\d+(?:\.\d+){3}$/.test(host)) {
    return describeInvalidAddress("ipv4", host);
  }
  if (/^\d+$/.test(host)) {
    return `the host is missing before the port ${host}`;
  }
  // The host is also sent as `:authority`.
  if (/[^\0-\x7f]/.test(host)) {
    return `the host must be in ASCII: write "${domainToASCII(host)}"`;
  }
  return hostName.test(host) ? undefined : `${JSON.stringify(host)} is not a host name`;
}

function describeInvalidAddress(version: "ipv4" | "ipv6", host: string): string {
  return `${JSON.stringify(host)} is not an ${version === "ipv4" ? "IPv4" : "IPv6"} address`;
}

/** @param port Port after its colon, or empty. */
function findPortProblem(port: string): string | undefined {
  if (port === "") {
    return undefined;
  }
  const digits = /^:(\d+)$/.exec(port)?.[1];
  if (digits === undefined) {
    return port === ":" ? "the port is missing" : `${JSON.stringify(port.replace(/^:/, ""))} is not a port`;
  }
  return Number(digits) >= 1 && Number(digits) <= 65_535
    ? undefined
    : `the port must be from 1 to 65535, not ${digits}`;
}

function findPathProblem(path: string): string | undefined {
  const bytes = Buffer.byteLength(path);
  if (path === "/") {
    return "the path is missing";
  }
  return bytes <= maxSocketPathBytes
    ? undefined
    : `the path must have at most ${maxSocketPathBytes} bytes, not ${bytes}`;
}
