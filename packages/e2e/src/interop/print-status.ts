/**
 * Makes a call with a request of zeros and prints its status: `print-status.ts PORT PATH HEADERS HEADER_BYTES
 * [REQUEST_BYTES]`. Without REQUEST_BYTES it opens a bidirectional stream, sends no message, and waits for the end.
 */
import { Client, credentials, Metadata, type ServiceError, status } from "@grpc/grpc-js";

const [port, path = "", headers, headerBytes, requestBytes] = process.argv.slice(2);
const metadata = new Metadata();
for (let header = 0; header < Number(headers); header++) {
  metadata.set(`x-header-${header}`, "x".repeat(Number(headerBytes)));
}
const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
const options = { deadline: Date.now() + 60_000 };
const raw = (bytes: Buffer) => bytes;

function report(error: ServiceError | null): void {
  console.log(error ? `${status[error.code]} ${error.details}` : "OK");
  client.close();
}

if (requestBytes === undefined) {
  const stream = client.makeBidiStreamRequest(path, raw, raw, metadata, options);
  stream.on("error", report);
  stream.resume().on("end", () => stream.end());
} else {
  client.makeUnaryRequest(path, raw, raw, Buffer.alloc(Number(requestBytes)), metadata, options, report);
}
