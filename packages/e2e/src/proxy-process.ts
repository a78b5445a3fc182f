import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import type { TestCertificates } from "@hello/testing/certificates";
import { start } from "@hello/testing/program";

/** What a proxy stands before, and how it deals with connections. */
export interface ProxyOptions {
  /** The command that runs it. */
  readonly program: string;
  readonly certificates: TestCertificates;
  /** `host:port` of the servers behind it, in plain text and with TLS. */
  readonly plain: string;
  readonly tls: string;
  /** How long it keeps a connection without a call. Default 60 s. */
  readonly idleMs?: number;
  /** After how many calls it ends a connection, where it counts them. Default 1,000. */
  readonly connectionCalls?: number;
}

/** A running proxy, which serves TLS. */
export interface ProxyProcess extends AsyncDisposable {
  /** The target that leads to the server behind it in plain text. */
  readonly plain: string;
  /** The target that leads to the server behind it over TLS. */
  readonly tls: string;
  /** Its log so far. */
  readonly log: string;
}

/** How each proxy is started with its configuration, which is in the folder `proxies`. */
const proxies = {
  haproxy: { template: "haproxy.cfg", args: (file: string) => ["-db", "-f", file] },
  nginx: { template: "nginx.conf", args: (file: string) => ["-c", file, "-e", "stderr"] },
};

/** A proxy whose configuration is in the folder `proxies`. */
export type ProxyName = keyof typeof proxies;

/** Starts a proxy and waits until it accepts connections. */
export async function startProxy(name: ProxyName, options: ProxyOptions): Promise<ProxyProcess> {
  const { program, certificates, idleMs = 60_000, connectionCalls = 1_000 } = options;
  const { ca, server } = certificates;
  const { template, args } = proxies[name];
  const folder = await mkdtemp(join(tmpdir(), `hello-${name}-`));
  const [plainPort, tlsPort] = await freePorts();
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
    // HAProxy takes both in one.
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
  const refused = ended.then(() => {
    throw new Error(`${name} ended: ${log}`);
  });
  try {
    await Promise.race([refused, Promise.all([accepts(plainPort), accepts(tlsPort)])]);
  } catch (error) {
    await dispose();
    throw error;
  }
  refused.catch(() => undefined);
  return {
    plain: `localhost:${plainPort}`,
    tls: `localhost:${tlsPort}`,
    get log() {
      return log;
    },
    [Symbol.asyncDispose]: dispose,
  };
}

/** Ports that were free just now; neither proxy can be told to choose. */
async function freePorts(): Promise<[number, number]> {
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
async function accepts(port: number): Promise<void> {
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
