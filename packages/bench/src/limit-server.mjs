/** What no gRPC server on Node can beat: node:http2 with a reply that is always the same. Prints its port. */
import { createServer } from "node:http2";
import { HelloResponse, HelloService } from "@hello/proto";

const message = HelloService.hello.responseSerialize(new HelloResponse().setValue("Hello World"));
const reply = Buffer.alloc(5 + message.length);
reply.writeUInt32BE(message.length, 1);
message.copy(reply, 5);

const server = createServer();
server.on("stream", (stream) => {
  stream.resume().on("end", () => {
    stream.respond({ "content-type": "application/grpc" }, { waitForTrailers: true });
    stream.once("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
    stream.end(reply);
  });
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
