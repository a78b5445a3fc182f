/**
 * Server program of the Hello and Echo services for tests of streams. Echo behaves as its contract describes, unless the
 * value of a request names another behaviour. The unary value `statistics` returns the {@link Statistics} of the process.
 * On exit, the program logs the number of finished handlers of each kind.
 */
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { bindService } from "@hello/grpc-server";
import { runServer } from "@hello/grpc-server/run";
import { HelloService } from "@hello/proto";
import { HelloServicer } from "@hello/server";
import { EchoResponse, EchoService } from "@hello/testing/echo";
import { echoServicer } from "@hello/testing/echo-servicer";
import type { Statistics } from "./streaming-server-process.js";

type Kind = keyof typeof echoServicer;

const finished: Record<Kind, number> = { unary: 0, serverStream: 0, clientStream: 0, bidiStream: 0 };
let active = 0;
let produced = 0;
let consumed = 0;

/** Counts a handler as active until the result is disposed. */
function trackHandler(kind: Kind): Disposable {
  active++;
  return {
    [Symbol.dispose]() {
      active--;
      finished[kind]++;
    },
  };
}

function statistics(): Statistics {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return { active, produced, consumed, memoryBytes: heapUsed + external };
}

const responseOf = (value: string) => new EchoResponse().setValue(value);

const aborted = async (signal: AbortSignal) => signal.aborted || (await once(signal, "abort"));

const forever = new Promise<never>(() => undefined);

const echo = bindService(EchoService, {
  async unary(request, call) {
    if (request.getValue() === "statistics") {
      return responseOf(JSON.stringify(statistics()));
    }
    using _handler = trackHandler("unary");
    if (request.getValue() === "drain") {
      await aborted(call.draining);
      await delay(request.getDelayMs());
    }
    return echoServicer.unary(request, call);
  },

  async *serverStream(request, call) {
    using _handler = trackHandler("serverStream");
    switch (request.getValue()) {
      case "drain":
        yield responseOf("first");
        await aborted(call.draining);
        yield responseOf("last");
        return;
      case "endless":
        yield responseOf("first");
        await forever;
        return;
      default:
        for await (const response of echoServicer.serverStream(request, call)) {
          produced++;
          yield response;
        }
    }
  },

  async clientStream(requests, call) {
    using _handler = trackHandler("clientStream");
    let count = 0;
    for await (const request of requests) {
      consumed++;
      count++;
      if (request.getValue() === "drain") {
        await aborted(call.draining);
        return responseOf("last");
      }
      if (request.getValue() === "unread") {
        await aborted(call.signal);
      }
    }
    return new EchoResponse().setIndex(count);
  },

  async *bidiStream(requests, call) {
    using _handler = trackHandler("bidiStream");
    for await (const request of requests) {
      consumed++;
      switch (request.getValue()) {
        case "drain":
          yield responseOf("first");
          await aborted(call.draining);
          yield responseOf("last");
          return;
        case "unread":
          yield responseOf("first");
          await aborted(call.signal);
          return;
        default:
          produced++;
          yield responseOf(request.getValue()).setPayload(request.getPayload());
      }
    }
  },
});

process.once("exit", () => console.log(JSON.stringify({ level: 30, msg: "handlers finished", ...finished })));

const services = [bindService(HelloService, new HelloServicer()), echo];
await runServer({ name: "streaming-server", envPrefix: "STREAMING", version: "0.0.0", services });
