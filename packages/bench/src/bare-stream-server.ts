/** Streams with only grpc-js, written like its examples, with backpressure. Prints its port. */
import { Server, type ServerDuplexStream, type ServerReadableStream, type ServerWritableStream } from "@grpc/grpc-js";
import { type EchoRequest, EchoResponse, EchoService, type IEchoServer } from "@hello/testing/echo";
import { bind } from "@hello/testing/grpc-server";

const echo = (request: EchoRequest) => new EchoResponse().setValue(request.getValue()).setPayload(request.getPayload());

const server = new Server();
server.addService(EchoService, {
  unary({ request }, callback) {
    callback(null, echo(request));
  },
  serverStream(call: ServerWritableStream<EchoRequest, EchoResponse>) {
    const { request } = call;
    let remaining = request.getCount();
    const write = () => {
      while (remaining > 0) {
        remaining--;
        if (!call.write(echo(request))) {
          call.once("drain", write);
          return;
        }
      }
      call.end();
    };
    write();
  },
  clientStream(call: ServerReadableStream<EchoRequest, EchoResponse>, callback) {
    let count = 0;
    call.on("data", () => {
      count++;
    });
    call.on("end", () => callback(null, new EchoResponse().setIndex(count)));
  },
  bidiStream(call: ServerDuplexStream<EchoRequest, EchoResponse>) {
    call.on("data", (request: EchoRequest) => {
      if (!call.write(echo(request))) {
        call.pause();
        call.once("drain", () => call.resume());
      }
    });
    call.on("end", () => call.end());
  },
} satisfies IEchoServer);
console.log((await bind(server)).split(":")[1]);
