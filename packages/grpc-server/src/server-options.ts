import type { ServerInterceptor } from "@grpc/grpc-js";
import {
  type CheckTable,
  checkFunction,
  choice,
  formatObject,
  formatValue,
  integer,
  list,
  type Optional,
  type OptionTable,
  toggle,
} from "@hello/grpc-common";
import { type Logger, pino } from "pino";
import type { Authorize } from "./authorization/authorize.js";
import type { Compression } from "./calls/server-call.js";
import type { BoundService } from "./calls/servicer.js";
import { type Limits, limitTable } from "./limits.js";
import type { ShutdownTimes } from "./shutdown.js";
import { parseAddress } from "./sockets/address.js";
import { type CertificateFiles, checkCertificateFiles } from "./tls/certificate-files.js";

/** Options of `createServer`. {@link Limits} and {@link ShutdownTimes} describe the other options. */
export interface ServerOptions<Context = undefined> extends Optional<Limits>, Optional<ShutdownTimes> {
  /** Services to serve, as returned by `bindService`. The server adds health and reflection. */
  readonly services: readonly BoundService<Context>[];
  /**
   * Function that accepts or rejects each call of the services before its handler runs: see docs/authorization.md.
   * Default: every call is accepted.
   */
  readonly authorize?: Authorize<Context> | undefined;
  /** Applies `authorize` to health and reflection too. Default false: any client may call them. */
  readonly authorizeStandardServices?: boolean | undefined;
  /**
   * Addresses to listen on: `host:port`, `[IPv6]:port`, `:port` or `unix:/path`. Default `["[::]:50051"]`: all
   * interfaces, over IPv6 and IPv4.
   */
  readonly addresses?: readonly string[] | undefined;
  /**
   * Certificate files for TLS 1.2 or later. The server reloads them when they change. With `clientCaFile`, clients need
   * a certificate too. Default: plain text.
   */
  readonly tls?: CertificateFiles | undefined;
  /** Serves reflection, which lets clients list the services and their contracts. Default true. */
  readonly reflection?: boolean | undefined;
  /**
   * Compression of responses to clients that accept it. A handler may choose another for its call. Default `identity`.
   */
  readonly compression?: Compression | undefined;
  /** Interceptors of grpc-js. They see every call, including health and reflection. Default: none. */
  readonly interceptors?: readonly ServerInterceptor[] | undefined;
  /** Pino logger. Default: no logging. */
  readonly logger?: Logger | undefined;
}

/** Values of the options that `createServer` and a server process share. */
export interface SharedOptionValues extends Limits, ShutdownTimes {
  readonly addresses: readonly string[];
  readonly reflection: boolean;
  readonly compression: Compression;
}

/** Help text, default and range of each option that `createServer` and a server process share. */
export const sharedOptionTable: OptionTable<SharedOptionValues> = {
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

/** Values of all options. */
interface ServerOptionValues extends SharedOptionValues {
  readonly services: readonly BoundService<never>[];
  readonly authorize: Authorize<unknown> | undefined;
  readonly authorizeStandardServices: boolean;
  readonly tls: CertificateFiles | undefined;
  readonly interceptors: readonly ServerInterceptor[];
  readonly logger: Logger;
}

/** Default and check of each option of `createServer`. */
export const serverOptionTable: CheckTable<ServerOptionValues> = {
  ...sharedOptionTable,
  services: { default: [], check: checkServices },
  authorize: { default: undefined, check: (value) => checkFunction("", value) },
  authorizeStandardServices: { default: false, check: checkBoolean },
  tls: { default: undefined, check: checkCertificateFiles },
  interceptors: { default: [], check: checkInterceptors },
  logger: { default: pino({ level: "silent" }), check: checkLogger },
};

function checkServices(value: unknown): void {
  if (!Array.isArray(value) || !value.every((service) => Array.isArray(Object(service).methods))) {
    throw new TypeError("must be a list of services returned by bindService");
  }
}

function checkBoolean(value: unknown): void {
  if (typeof value !== "boolean") {
    throw new TypeError(`must be true or false, not ${formatValue(value)}`);
  }
}

function checkInterceptors(value: unknown): void {
  if (!Array.isArray(value) || !value.every((interceptor) => typeof interceptor === "function")) {
    throw new TypeError(`must be a list of server interceptors, not ${formatObject(value)}`);
  }
}

function checkLogger(value: unknown): void {
  if (typeof Object(value).child !== "function") {
    throw new TypeError("must be a pino logger");
  }
}
