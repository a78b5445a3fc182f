import { BlockList, isIP } from "node:net";

/** HTTP proxy set in the environment. */
export interface HttpProxy {
  /** `host:port`. */
  readonly address: string;
  /** `user:password`. */
  readonly credentials: string | undefined;
}

/**
 * Reads the proxy variables: `grpc_proxy`, `https_proxy` or `http_proxy`, and `no_grpc_proxy`, `no_proxy` or `NO_PROXY`.
 * Returns a function that returns the proxy for a host, if any. Values have the same meaning as for curl.
 */
export function readProxyVariables(env: NodeJS.ProcessEnv): (host: string) => HttpProxy | undefined {
  const variable = ["grpc_proxy", "https_proxy", "http_proxy"].find((name) => env[name]);
  const proxy = variable && parseProxy(variable, env[variable] ?? "");
  const exceptions = env["no_grpc_proxy"] || env["no_proxy"] || env["NO_PROXY"] || "";
  return (host) => (proxy && !isException(exceptions, host) ? proxy : undefined);
}

/** Parses the value of a proxy variable. Warnings omit the value, which may contain a password. */
function parseProxy(variable: string, value: string): HttpProxy | undefined {
  let url: URL;
  try {
    url = new URL(value.includes("://") ? value : `http://${value}`);
  } catch {
    process.emitWarning(`${variable} is ignored: its value is not a URL`);
    return undefined;
  }
  if (url.protocol !== "http:") {
    process.emitWarning(`${variable} is ignored: its scheme must be http, not ${url.protocol.slice(0, -1)}`);
    return undefined;
  }
  const { hostname, port, username, password } = url;
  return {
    address: `${hostname}:${port || 80}`,
    credentials: username ? decodeURIComponent(`${username}:${password}`) : undefined,
  };
}

/** Returns whether `no_proxy` contains a host. It is `*`, or a list of addresses, networks and domains. */
function isException(exceptions: string, host: string): boolean {
  if (exceptions.trim() === "*") {
    return true;
  }
  const matches = isIP(host) === 0 ? matchesDomain : matchesNetwork;
  return exceptions.split(/[\s,]+/).some((entry) => entry !== "" && matches(entry, host));
}

function matchesDomain(entry: string, host: string): boolean {
  const [domain, name] = [entry.replace(/^\./, ""), host].map((text) => text.replace(/\.$/, "").toLowerCase());
  return name === domain || name?.endsWith(`.${domain}`) === true;
}

function matchesNetwork(entry: string, address: string): boolean {
  const [network = "", prefix] = entry.split("/");
  const family = isIP(network);
  if (family !== isIP(address)) {
    return false;
  }
  const bits = prefix ? Number(prefix) : family === 4 ? 32 : 128;
  if (!Number.isInteger(bits) || bits < 0 || bits > (family === 4 ? 32 : 128)) {
    return false;
  }
  const type = family === 4 ? "ipv4" : "ipv6";
  const list = new BlockList();
  list.addSubnet(network, bits, type);
  return list.check(address, type);
}
