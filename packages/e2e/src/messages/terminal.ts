/** Messages that the programs print on a terminal. */
import { mkdir, rm, writeFile } from "node:fs/promises";
import { createServer as createTcpServer } from "node:net";
import { delimiter, join } from "node:path";
import { createHelloServer } from "@hello/server";
import { listen } from "@hello/testing/peer";
import { run } from "@hello/testing/program";
import { makeTemporaryFolder } from "@hello/testing/temporary-folder";
import { clientMain } from "../client-program.js";
import { serverMain } from "../server-process.js";
import type { Chapter, Example } from "./catalogue.js";

/** Number of commands that run at the same time. */
const concurrency = 2;

const serverOptions = [
  "hello-server --address nowhere --workers 0 --log-level loud --shutdown-grace-ms soon --compression br --nope",
  "HELLO_REFLECTION=no HELLO_WORKERS=many hello-server",
  "hello-server --tls-client-ca clients.crt",
  "hello-server --log-level --no-reflection",
  "hello-server --log-level",
  "hello-server --logg-level debug",
  "hello-server now",
];

const serverStart = [
  "hello-server --address 127.0.0.1:$PORT",
  "NODE_OPTIONS=$OLD_NODE hello-server",
  "hello-server --tls-cert none.crt --tls-key none.key",
  "OTEL_EXPORTER_OTLP_ENDPOINT=collector hello-server",
  "OTEL_METRICS_EXPORTER=prometheus,otlp hello-server",
  "OTEL_METRICS_EXPORTER=otlp NODE_OPTIONS=$WITHOUT_SDK hello-server",
  "OTEL_METRICS_EXPORTER=prometheus OTEL_EXPORTER_PROMETHEUS_PORT=http hello-server",
  "OTEL_METRICS_EXPORTER=prometheus OTEL_EXPORTER_PROMETHEUS_HOST=127.0.0.1 OTEL_EXPORTER_PROMETHEUS_PORT=$PORT hello-server",
  "OTEL_METRICS_EXPORTER=prometheus OTEL_EXPORTER_PROMETHEUS_PORT=65535 hello-server --address 127.0.0.1:0 --workers 2 --log-level silent",
];

const clientOptions = [
  "hello-client --help",
  "hello-client --target :50051",
  "hello-client --timeout-ms 0 --tls-ca none.crt --tls-cert empty.crt --watch --metadata x --load-balancing random --nope",
  "hello-client --metadata x-bin=§",
  "hello-client --metadata grpc-timeout=1S",
  "hello-client --metadata 'authorization=Bearer abc'",
  "hello-client --user-agent é",
  "hello-client --health Hello Clock",
  "hello-client - -",
];

const clientCalls = [
  "hello-client --target 127.0.0.1:1",
  "hello-client --target 127.0.0.1:1 --json",
  "hello-client --target 127.0.0.1:$PORT --health Clock",
  "printf 'Ada\\nGrace\\n' | hello-client --target 127.0.0.1:1 -",
  "printf 'Ada\\n\\377\\n' | hello-client --target 127.0.0.1:$PORT -",
  "hello-client - < .",
  "head -c 70000000 /dev/zero | hello-client --target 127.0.0.1:$PORT -",
  "hello-client --target 127.0.0.1:$PORT > /dev/full",
  "http_proxy=127.0.0.1:1 hello-client --target nowhere.invalid:1",
  "https_proxy=::1 hello-client --target nowhere.invalid:1",
  "https_proxy=socks5://127.0.0.1 hello-client --target nowhere.invalid:1",
];

/** Collects the messages of both programs. */
export async function collectTerminalMessages(): Promise<Chapter[]> {
  const folder = await makeTemporaryFolder("hello-messages-");
  const shell = await createShell(folder);
  const server = createHelloServer({ addresses: ["127.0.0.1:0"] });
  const [address = ""] = await server.start();
  const execute = (port: string, commands: readonly string[]) =>
    mapConcurrently(commands, (command) => shell(command, port));
  const clientPort = address.split(":")[1] ?? "";
  await using peer = await listen(createTcpServer());
  const serverPort = String(peer.port);
  const sections = {
    serverOptions: await execute(serverPort, serverOptions),
    serverStart: await execute(serverPort, serverStart),
    clientOptions: await execute(clientPort, clientOptions),
    clientCalls: await execute(clientPort, clientCalls),
  };
  await server.shutdown();
  await rm(folder, { recursive: true });
  return [
    {
      title: "Terminal of hello-server",
      text: "Each message starts with the name of the program. [server.md](server.md#options) has the text of `--help`.",
      sections: [
        { title: "Options of hello-server", text: "", examples: sections.serverOptions },
        {
          title: "Start of hello-server",
          text: "Port `$PORT` is in use, `$OLD_NODE` simulates Node 18, and `$WITHOUT_SDK` an installation without OpenTelemetry.",
          examples: sections.serverStart,
        },
      ],
    },
    {
      title: "Terminal of hello-client",
      text: "",
      sections: [
        { title: "Options of hello-client", text: "The file `empty.crt` is empty.", examples: sections.clientOptions },
        { title: "Calls of hello-client", text: "A server listens on port `$PORT`.", examples: sections.clientCalls },
      ],
    },
  ];
}

async function mapConcurrently<Item, Result>(
  items: readonly Item[],
  map: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  const entries = items.entries();
  const work = async () => {
    for (const [index, item] of entries) {
      results[index] = await map(item);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, work));
  return results;
}

/** Creates a function that runs a command in a shell that finds both programs. */
async function createShell(folder: string): Promise<(command: string, port: string) => Promise<Example>> {
  const bin = join(folder, "bin");
  const cwd = join(folder, "cwd");
  await mkdir(bin);
  await mkdir(cwd);
  await writeFile(join(cwd, "empty.crt"), "");
  for (const [name, main] of Object.entries({ "hello-server": serverMain, "hello-client": clientMain })) {
    await writeFile(join(bin, name), `#!/bin/sh\nexec "${process.execPath}" "${main}" "$@"\n`, { mode: 0o755 });
  }
  const oldNode = 'Object.defineProperty(process, "versions", { value: { ...process.versions, node: "18.20.8" } })';
  const env = {
    PATH: `${bin}${delimiter}${process.env["PATH"]}`,
    OLD_NODE: `--import=data:text/javascript,${encodeURIComponent(oldNode)}`,
    WITHOUT_SDK: `--import=${new URL("../telemetry/without-sdk.mjs", import.meta.url)}`,
  };
  return async (command, port) => {
    const { status, stdout, stderr } = await run(["/bin/sh", "-c", command], { cwd, env: { ...env, PORT: port } });
    const message = (stdout + stderr)
      .replaceAll(folder, "<folder>")
      .replaceAll(port, "$PORT")
      .replace(/^\(node:\d+\) |^\(Use `node --trace-.*\n/gm, "");
    return { cause: command, level: status, message };
  };
}
