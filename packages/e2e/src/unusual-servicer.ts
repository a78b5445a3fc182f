/**
 * Preloaded into the server program, this has its servicer do what the name in the request says, where that is one of
 * {@link unusual}. All else, from signals to exit status, is the program's own.
 */
import { setTimeout as delay } from "node:timers/promises";
import { badRequest } from "@hello/grpc-server";
import { HelloServicer } from "@hello/server";

const { hello } = HelloServicer.prototype;

const unusual: Readonly<Record<string, (argument: string) => unknown>> = {
  /** Takes as many milliseconds as the argument says. */
  wait: (ms) => delay(Number(ms)),
  never: () => new Promise(() => undefined),
  /** Leaves a timer behind. */
  linger: () => void setInterval(() => undefined, 1_000),
  throw: () => {
    throw new Error("secret");
  },
  /** Fails outside the handler, where nothing can catch it. */
  crash: () => void setImmediate(() => unusual["throw"]?.("")),
  reject: () => void Promise.reject(new Error("secret")),
  refuse: (description) => {
    throw badRequest({ field: "value", description }, { field: "other", description: "missing" });
  },
};

HelloServicer.prototype.hello = async function (request) {
  const [, verb = "", argument = ""] = /^(\w+) ?(.*)$/s.exec(request.getValue()) ?? [];
  await unusual[verb]?.(argument);
  return hello.call(this, request);
};
