/** Server with only node:http2 and a fixed response: the upper limit of a gRPC server on Node. Prints its port. */
import { createServer } from "node:http2";
import { HelloResponse, HelloService } from "@hello/proto";

const message = HelloService.hello.responseSerialize(new HelloResponse().setValue("Hello World"));
const response = Buffer.alloc(5 + message.length);
response.writeUInt32BE(message.length, 1);
message.copy(response, 5);

const server = createServer();
server.on("stream", (stream) => {
  stream.resume().on("end", () => {
    stream.respond({ "content-type": "application/grpc" }, { waitForTrailers: true });
    stream.once("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
    stream.end(response);
  });
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
