/**
 * Makes calls with requests of zeros and prints the status of each: `print-status.ts PORT CALLS`. CALLS is JSON:
 * `[[PATH, HEADERS, HEADER_BYTES, REQUEST_BYTES], ...]`. Without REQUEST_BYTES it opens a bidirectional stream, sends no
 * message, and waits for the end.
 */
import { Client, credentials, Metadata, type ServiceError, status } from "@grpc/grpc-js";

type Call = readonly [path: string, headers: number, headerBytes: number, requestBytes?: number];

const [port, calls = ""] = process.argv.slice(2);
const raw = (bytes: Buffer) => bytes;

for (const [path, headers, headerBytes, requestBytes] of JSON.parse(calls) as readonly Call[]) {
  const metadata = new Metadata();
  for (let header = 0; header < headers; header++) {
    metadata.set(`x-header-${header}`, "x".repeat(headerBytes));
  }
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure(), { "grpc.use_local_subchannel_pool": 1 });
  const options = { deadline: Date.now() + 60_000 };
  const error = await new Promise<ServiceError | null>((resolve) => {
    if (requestBytes === undefined) {
      const stream = client.makeBidiStreamRequest(path, raw, raw, metadata, options);
      stream.on("error", resolve);
      stream.resume().on("end", () => stream.end());
    } else {
      client.makeUnaryRequest(path, raw, raw, Buffer.alloc(requestBytes), metadata, options, resolve);
    }
  });
  console.log(error ? `${status[error.code]} ${error.details}` : "OK");
  client.close();
}
