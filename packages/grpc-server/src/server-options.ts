import { choice, integer, list, type OptionTable, toggle } from "@hello/grpc-common";
import type { Compression } from "./calls/server-call.js";
import { type Limits, limitTable } from "./limits.js";
import type { ShutdownTimes } from "./shutdown.js";
import { parseAddress } from "./sockets/address.js";

/** Values of the options that `createServer` and a server process share. */
export interface ServerOptionValues extends Limits, ShutdownTimes {
  readonly addresses: readonly string[];
  readonly reflection: boolean;
  readonly compression: Compression;
}

/** Help text, default and range of each option that `createServer` and a server process share. */
export const serverOptionTable: OptionTable<ServerOptionValues> = {
  addresses: list("address to listen on: host:port, [IPv6]:port, :port or unix:/path", {
    default: ["[::]:50051"],
    placeholder: "address",
    flag: "address",
    check: parseAddress,
  }),
  shutdownDelayMs: integer(
    "time to keep accepting calls after health turns NOT_SERVING, so that load balancers notice",
    {
      default: 0,
      placeholder: "ms",
    },
  ),
  shutdownGraceMs: integer("time for calls in progress to finish before they are cancelled", {
    default: 10_000,
    placeholder: "ms",
  }),
  ...limitTable,
  compression: choice("compression of responses to clients that accept it", {
    default: "identity",
    placeholder: "encoding",
    words: ["identity", "gzip"],
  }),
  reflection: toggle("do not serve reflection, which lets clients list the services", true),
};
