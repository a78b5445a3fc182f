import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import type { TestCertificates } from "@hello/testing/certificates";
import { start } from "@hello/testing/program";

/** Options of {@link startProxy}. */
export interface ProxyOptions {
  /** Command that runs the proxy. */
  readonly program: string;
  readonly certificates: TestCertificates;
  /** Address of the server in plain text, as `host:port`. */
  readonly plain: string;
  /** Address of the server over TLS, as `host:port`. */
  readonly tls: string;
  /** Time in milliseconds after which the proxy closes a connection without calls. Default: 60,000. */
  readonly idleMs?: number;
  /** Number of calls after which nginx closes a connection. Default: 1,000. */
  readonly connectionCalls?: number;
}

/** Running proxy, which serves TLS. */
export interface ProxyProcess extends AsyncDisposable {
  /** Target at the proxy that reaches the server in plain text. */
  readonly plain: string;
  /** Target at the proxy that reaches the server over TLS. */
  readonly tls: string;
  /** Log of the proxy so far. */
  readonly log: string;
}

/** Configuration of each proxy in the folder `proxies`, with the arguments that load it. */
const proxies = {
  haproxy: { template: "haproxy.cfg", args: (file: string) => ["-db", "-f", file] },
  nginx: { template: "nginx.conf", args: (file: string) => ["-c", file, "-e", "stderr"] },
};

/** Proxy with a configuration in the folder `proxies`. */
export type ProxyName = keyof typeof proxies;

/** Starts a proxy and waits until it accepts connections. */
export async function startProxy(name: ProxyName, options: ProxyOptions): Promise<ProxyProcess> {
  const { program, certificates, idleMs = 60_000, connectionCalls = 1_000 } = options;
  const { ca, server } = certificates;
  const { template, args } = proxies[name];
  const folder = await mkdtemp(join(tmpdir(), `hello-${name}-`));
  const [plainPort, tlsPort] = await findFreePorts();
  const settings: Record<string, string | number> = {
    FOLDER: folder,
    PLAIN_BEHIND_PORT: plainPort,
    TLS_BEHIND_PORT: tlsPort,
    PLAIN_SERVER: options.plain,
    TLS_SERVER: options.tls,
    IDLE_MS: idleMs,
    CONNECTION_CALLS: connectionCalls,
  };
  const source = await readFile(new URL(`../proxies/${template}`, import.meta.url), "utf8");
  const file = join(folder, template);
  await Promise.all([
    writeFile(
      file,
      source.replaceAll(/\$\{([A-Z_]+)\}/g, (_, setting: string) => String(settings[setting])),
    ),
    writeFile(join(folder, "ca.crt"), ca.cert),
    writeFile(join(folder, "server.crt"), server.cert),
    writeFile(join(folder, "server.key"), server.key),
    // HAProxy reads certificate and key from one file.
    writeFile(join(folder, "server.pem"), `${server.cert}\n${server.key}`),
  ]);

  const child = start([program, ...args(file)]);
  const ended = once(child, "close");
  let log = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (chunk: string) => {
      log += chunk;
    });
  }
  const dispose = async () => {
    child.kill("SIGTERM");
    await ended;
    await rm(folder, { recursive: true });
  };
  const failed = ended.then(() => {
    throw new Error(`${name} ended: ${log}`);
  });
  try {
    await Promise.race([failed, Promise.all([waitUntilAccepting(plainPort), waitUntilAccepting(tlsPort)])]);
  } catch (error) {
    await dispose();
    throw error;
  }
  failed.catch(() => undefined);
  return {
    plain: `localhost:${plainPort}`,
    tls: `localhost:${tlsPort}`,
    get log() {
      return log;
    },
    [Symbol.asyncDispose]: dispose,
  };
}

/** Finds two free ports, because neither proxy can choose one. */
async function findFreePorts(): Promise<[number, number]> {
  const servers = [createServer(), createServer()] as const;
  const ports: number[] = [];
  for (const server of servers) {
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    ports.push((server.address() as AddressInfo).port);
  }
  for (const server of servers) {
    server.close();
    await once(server, "close");
  }
  return ports as [number, number];
}

/** Resolves once a port accepts connections. */
async function waitUntilAccepting(port: number): Promise<void> {
  const deadline = Date.now() + 20_000;
  for (;;) {
    const socket = connect(port, "127.0.0.1");
    try {
      await once(socket, "connect");
      return;
    } catch (error) {
      if (Date.now() > deadline) {
        throw error;
      }
      await setTimeout(20);
    } finally {
      socket.destroy();
    }
  }
}
