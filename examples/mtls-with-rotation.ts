/**
 * Mutual TLS: server and client authenticate with certificates. The server reloads its certificate without a restart,
 * and open connections stay open.
 *
 * Run with `pnpm --filter examples start mtls-with-rotation`.
 */
import { readFile } from "node:fs/promises";
import { HelloClient, RpcError } from "@hello/client";
import { bindService, createServer, type Servicer } from "@hello/grpc-server";
import { HelloResponse, HelloService } from "@hello/proto";
import { captureLog } from "@hello/testing/captured-log";
import { createCertificates } from "@hello/testing/certificates";
import { pino } from "pino";

const servicer: Servicer<typeof HelloService> = {
  hello: (request, { peerIdentity }) =>
    new HelloResponse().setValue(`Hello ${request.getValue()}, you are ${peerIdentity?.spiffeId}`),
};

await using certificates = await createCertificates();
const { certFile, keyFile } = certificates.server;
const clientCaFile = certificates.ca.certFile;
const log = captureLog();
await using server = createServer({
  addresses: ["127.0.0.1:0"],
  tls: { certFile, keyFile, clientCaFile },
  services: [bindService(HelloService, servicer)],
  logger: pino({}, log),
});
const [address = ""] = await server.start();

const ca = await readFile(clientCaFile);
const { cert, key } = await certificates.ca.issue("ada", { uris: ["spiffe://acme.example/ada"] });
await using client = new HelloClient(address, { tls: { ca, cert, key } });
console.log(await client.hello("Ada"));

await using stranger = new HelloClient(address, { tls: { ca } });
await stranger.hello("Mallory").catch((error: unknown) => {
  console.log(`without a certificate: ${error instanceof RpcError ? error.status : error}`);
});

// Overwrites the server's files with a new certificate and key.
await certificates.ca.issue("server", { hosts: ["localhost", "127.0.0.1"] });
const { msg } = await log.line((line) => line.msg === "serving a new certificate");
console.log(`server log: ${msg}`);

console.log(`open connection: ${await client.hello("Ada")}`);
await using newClient = new HelloClient(address, { tls: { ca, cert, key } });
console.log(`new connection: ${await newClient.hello("Ada")}`);
