/** Stream server on grpc-server, with its defaults. */
import { bindService } from "@hello/grpc-server";
import { runServer } from "@hello/grpc-server/run";
import { type EchoRequest, EchoResponse, EchoService } from "@hello/testing/echo";

const echo = (request: EchoRequest) => new EchoResponse().setValue(request.getValue()).setPayload(request.getPayload());

const service = bindService(EchoService, {
  async unary(request) {
    return echo(request);
  },
  async *serverStream(request) {
    for (let remaining = request.getCount(); remaining > 0; remaining--) {
      yield echo(request);
    }
  },
  async clientStream(requests) {
    let count = 0;
    for await (const _ of requests) {
      count++;
    }
    return new EchoResponse().setIndex(count);
  },
  async *bidiStream(requests) {
    for await (const request of requests) {
      yield echo(request);
    }
  },
});

await runServer({ name: "stream-server", envPrefix: "STREAM", version: "0.0.0", services: [service] });
