/** Errors that servers throw when they are created, configured or started. */

import { generateKeyPairSync } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { createServer as createTcpServer } from "node:net";
import { join } from "node:path";
import type { ServiceDefinition } from "@grpc/grpc-js";
import { loadHealthProtocol } from "@hello/grpc-common";
import { allowPrincipals, bindService, createServer, type GrpcServer, StatusError } from "@hello/grpc-server";
import { HelloService } from "@hello/proto";
import { createHelloServer, HelloServicer } from "@hello/server";
import { createCertificates, type TestCertificates } from "@hello/testing/certificates";
import { invalidAddresses } from "@hello/testing/invalid-addresses";
import { invalidOptions } from "@hello/testing/invalid-server-options";
import { listen } from "@hello/testing/peer";
import { makeTemporaryFolder } from "@hello/testing/temporary-folder";
import type { Chapter, Example, Section } from "./catalogue.js";
import { catchError, catchErrors, formatCode } from "./catch-error.js";

const hello = bindService(HelloService, new HelloServicer());

const { HealthService } = loadHealthProtocol();
const unimplemented = { check: fail, list: fail, watch: fail };

/** Fails a call. */
function fail(): never {
  throw new StatusError(12, "");
}

/** Collects the errors of invalid options, addresses, certificates and services of servers. */
export async function collectServerExceptions(): Promise<Chapter> {
  return {
    title: "Errors of servers",
    text: "`createHelloServer`, `createServer` and their arguments throw a `TypeError` if they are invalid.",
    sections: [
      await collectOptionErrors(),
      await collectServiceErrors(),
      await collectPolicyErrors(),
      await collectStartErrors(),
      await collectCertificateErrors(),
    ],
  };
}

function create(options: object): GrpcServer {
  return createServer({ services: [hello], ...options });
}

async function collectOptionErrors(): Promise<Section> {
  const others: readonly object[] = [
    { services: 5 },
    { services: [] },
    { authorize: "yes" },
    { authorizeStandardServices: 1 },
    { interceptors: {} },
    { compression: "br" },
  ];
  return {
    title: "Server options",
    text: "The flags of `hello-server` have the same ranges.",
    columns: ["options", "error"],
    examples: [
      ...(await catchErrors(
        invalidOptions,
        ([options]) => create(options),
        ([options]) => formatCode(options),
      )),
      ...(await catchErrors(others, create)),
      await catchError("the same service twice", () => create({ services: [hello, hello] })),
      await catchError("a health service", () => create({ services: [bindService(HealthService, unimplemented)] })),
      ...(await catchErrors(
        [...Object.keys(invalidAddresses), `unix:/${"x".repeat(120)}`],
        (address) => create({ addresses: [address] }),
        (address) => formatCode({ addresses: [address] }).replace(/x{20,}/, "x…x"),
      )),
    ],
  };
}

async function collectServiceErrors(): Promise<Section> {
  const server = createHelloServer({ addresses: ["127.0.0.1:0"] });
  const stopped = createHelloServer();
  await stopped.shutdown();
  return {
    title: "Services and calls",
    text: "",
    columns: ["use", "error"],
    examples: [
      await catchError("`bindService` without a generated service", () => bindService({} as ServiceDefinition, {})),
      await catchError("`bindService` without a handler", () => bindService(HelloService, {} as HelloServicer)),
      await catchError("`server.health.setStatus` of another service", () =>
        server.health.setStatus("Clock", "SERVING"),
      ),
      await catchError("`server.health.setStatus` with another status", () =>
        server.health.setStatus("", "UNKNOWN" as "SERVING"),
      ),
      await catchError("`start()` after `shutdown()`", () => stopped.start()),
      await catchError("`new StatusError(0, …)`", () => new StatusError(0, "")),
      { cause: "`new StatusError(5, …)`", message: String(new StatusError(5, "no such user")) },
    ],
  };
}

async function collectPolicyErrors(): Promise<Section> {
  const allow = (policy: unknown, options?: object) => allowPrincipals(policy as Record<string, string[]>, options);
  return {
    title: "Access policies",
    text: "First argument of `allowPrincipals`.",
    columns: ["policy", "error"],
    examples: [
      ...(await catchErrors(
        [{}, { Hello: "spiffe://a.example/b" }, { Hello: ["ada", 5] }, { Hello: ["subject:ada"] }],
        (policy) => allow(policy),
      )),
      await catchError("`verifyToken: 5`", () => allow({ Hello: ["dns:a"] }, { verifyToken: 5 })),
      await catchError("`{ Clock: ['dns:a'] }`, and no such service", () =>
        create({ authorize: allow({ Clock: ["dns:a"] }) }),
      ),
    ],
  };
}

async function startAt(address: string): Promise<void> {
  const server = create({ addresses: [address] });
  await server.start();
  await server.shutdown();
}

async function collectStartErrors(): Promise<Section> {
  const folder = await makeTemporaryFolder("hello-messages-");
  await writeFile(join(folder, "file"), "");
  await using peer = await listen(createTcpServer());
  return {
    title: "Start",
    text: "Error of `start()`, and last line of `hello-server`, which ends with status 1.",
    columns: ["address", "error"],
    examples: [
      await catchError("the address of another server", () => startAt(peer.address)),
      await catchError("`198.51.100.1:50051`", () => startAt("198.51.100.1:50051")),
      await catchError("`nowhere.invalid:50051`", () => startAt("nowhere.invalid:50051")),
      await catchError("a file in place of a socket", () => startAt(`unix:${folder}/file`)),
      await catchError("a folder that does not exist", () => startAt(`unix:${folder}/none/socket`)),
      await catchError("a file in place of a folder", () => startAt(`unix:${folder}/file/socket`)),
    ].map((example) => ({ ...example, message: example.message.replaceAll(folder, "<folder>") })),
  };
}

async function collectCertificateErrors(): Promise<Section> {
  await using certificates = await createCertificates();
  const cases = await createCertificateCases(certificates);
  const examples: Example[] = [];
  for (const [cause, cert, key, ca] of cases) {
    const { folder } = certificates;
    const files = await writeAll(folder, { cert, key, ca });
    const { message } = await catchError(cause, () => create({ addresses: ["127.0.0.1:0"], tls: files }).start());
    examples.push({ cause, message: message.replaceAll(folder, "<folder>") });
  }
  return {
    title: "Certificates of servers",
    text: "Error of `start()`. After the start, such files leave the last good certificate in place.",
    columns: ["files", "error"],
    examples,
  };
}

/** Writes the files that have a content. Returns the paths of all. */
async function writeAll(
  folder: string,
  files: { cert?: string | undefined; key?: string | undefined; ca?: string | undefined },
) {
  const paths = { certFile: join(folder, "tls.crt"), keyFile: join(folder, "tls.key") };
  await mkdir(folder, { recursive: true });
  await writeFile(paths.certFile, files.cert ?? "");
  await writeFile(paths.keyFile, files.key ?? "");
  if (files.cert === undefined) {
    return { ...paths, certFile: join(folder, "none.crt") };
  }
  if (files.ca === undefined) {
    return paths;
  }
  const clientCaFile = join(folder, "clients.crt");
  await writeFile(clientCaFile, files.ca);
  return { ...paths, clientCaFile };
}

type CertificateCase = readonly [cause: string, cert: string | undefined, key: string, ca?: string];

async function createCertificateCases({
  ca,
  server,
  expired,
  untrusted,
}: TestCertificates): Promise<CertificateCase[]> {
  const { cert, key } = server;
  const future = await ca.issue("future", { hosts: ["localhost"], notBefore: new Date(Date.now() + 3_600_000) });
  const { privateKey: encrypted } = generateKeyPairSync("ec", {
    namedCurve: "P-256",
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "secret" },
  });
  const body = /(?<=-----\n)[A-Za-z0-9+/]{8}/;
  return [
    ["no file", undefined, key],
    ["an empty certificate", "", key],
    ["an empty key", cert, ""],
    ["an encrypted key", cert, encrypted],
    ["the key of another certificate", cert, untrusted.server.key],
    ["the beginning of a certificate", cert.slice(0, 200), key],
    ["two certificates without a line break", cert.trimEnd() + ca.cert, key],
    ["a certificate that has expired", expired.cert, expired.key],
    ["a certificate that is not valid yet", future.cert, future.key],
    ["a damaged certificate", cert.replace(body, "AAAAAAAA"), key],
    ["a damaged key", cert, key.replace(body, "AAAAAAAA")],
    ["a client CA without a certificate", cert, key, key],
  ];
}
