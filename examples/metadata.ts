/**
 * Metadata: the client sends metadata with its request. The server sends metadata before its response, and trailers
 * after it. A key that ends in `-bin` has bytes as its value.
 *
 * Run with `pnpm --filter examples start metadata`.
 */
import { HelloClient } from "@hello/client";
import { bindService, createServer, type Servicer } from "@hello/grpc-server";
import { HelloResponse, HelloService } from "@hello/proto";

const servicer: Servicer<typeof HelloService> = {
  hello(request, call) {
    const [language] = call.metadata.get("accept-language");
    const [signature] = call.metadata.get("x-signature-bin");
    console.log("server: received", language, signature);
    call.responseMetadata.set("content-language", "de");
    call.trailers.set("x-cost", "3");
    return new HelloResponse().setValue(`Hello ${request.getValue()}`);
  },
};

await using server = createServer({ addresses: ["127.0.0.1:0"], services: [bindService(HelloService, servicer)] });
const [address = ""] = await server.start();
await using client = new HelloClient(address);

const greeting = await client.hello("Ada", {
  metadata: { "accept-language": "de", "x-signature-bin": new Uint8Array([1, 2, 3]) },
  onMetadata: (metadata) => console.log("client: metadata", metadata["content-language"]),
  onTrailers: (trailers) => console.log("client: trailers", trailers["x-cost"]),
});
console.log("client:", greeting);
