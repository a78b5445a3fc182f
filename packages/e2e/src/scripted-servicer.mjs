/**
 * Preloaded into the server program, this makes its servicer run the command in the name of a request, if it is one of
 * {@link commands}, before it greets. The rest of the program, such as its signals and exit status, is unchanged.
 */
import { setTimeout as delay } from "node:timers/promises";
import { badRequest } from "@hello/grpc-server";
import { HelloServicer } from "@hello/server";

const { hello } = HelloServicer.prototype;

const commands = {
  /** Waits for the number of milliseconds in the argument. */
  wait: (ms) => delay(Number(ms)),
  never: () => new Promise(() => undefined),
  /** Leaves a timer running. */
  linger: () => void setInterval(() => undefined, 1_000),
  throw: () => {
    throw new Error("secret");
  },
  /** Throws outside the handler, where nothing can catch it. */
  crash: () => void setImmediate(() => commands.throw()),
  reject: () => void Promise.reject(new Error("secret")),
  /** Fails with field violations. */
  refuse: (description) => {
    throw badRequest({ field: "value", description }, { field: "other", description: "missing" });
  },
};

HelloServicer.prototype.hello = async function (request) {
  const [, command = "", argument = ""] = /^(\w+) ?(.*)$/s.exec(request.getValue()) ?? [];
  await commands[command]?.(argument);
  return hello.call(this, request);
};
