import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { type CallOptions, HelloClient, type HelloClientOptions } from "@hello/client";
import type {
  ClientOptions,
  HealthWatchOptions,
  HedgingOptions,
  ResilienceOptions,
  RetryOptions,
  RpcErrorInit,
  StreamOptions,
  TlsOptions,
} from "@hello/grpc-client";
import type { AllowPrincipalsOptions, ServerOptions, StatusErrorOptions } from "@hello/grpc-server";
import type { RunOptions } from "@hello/grpc-server/run";
import type { TestServerOptions } from "@hello/grpc-server/testing";
import { createHelloServer, type HelloServerOptions } from "@hello/server";
import { publishedPackages } from "./tarballs.js";

/** Optional properties of a type, all undefined. */
type Unset<Type> = {
  readonly [Name in keyof Type as Partial<Pick<Type, Name>> extends Pick<Type, Name> ? Name : never]-?: undefined;
};

/** `true` for a type that accepts undefined for each of its optional properties, else `false`. */
type AllowsUndefined<Type> = Unset<Type> extends Partial<Type> ? true : false;

interface OptionTypes {
  readonly AllowPrincipalsOptions: AllowPrincipalsOptions<{ readonly subject: string }>;
  readonly CallOptions: CallOptions;
  readonly ClientOptions: ClientOptions;
  readonly HealthWatchOptions: HealthWatchOptions;
  readonly HedgingOptions: HedgingOptions;
  readonly HelloClientOptions: HelloClientOptions;
  readonly HelloServerOptions: HelloServerOptions;
  readonly ResilienceOptions: ResilienceOptions;
  readonly RetryOptions: RetryOptions;
  readonly RpcErrorInit: RpcErrorInit;
  readonly RunOptions: RunOptions;
  readonly ServerOptions: ServerOptions;
  readonly StatusErrorOptions: StatusErrorOptions;
  readonly StreamOptions: StreamOptions;
  readonly TestServerOptions: TestServerOptions;
  readonly TlsOptions: TlsOptions;
}

/** Map that does not compile if an option rejects undefined. */
const allowsUndefined: { readonly [Name in keyof OptionTypes]: AllowsUndefined<OptionTypes[Name]> & true } = {
  AllowPrincipalsOptions: true,
  CallOptions: true,
  ClientOptions: true,
  HealthWatchOptions: true,
  HedgingOptions: true,
  HelloClientOptions: true,
  HelloServerOptions: true,
  ResilienceOptions: true,
  RetryOptions: true,
  RpcErrorInit: true,
  RunOptions: true,
  ServerOptions: true,
  StatusErrorOptions: true,
  StreamOptions: true,
  TestServerOptions: true,
  TlsOptions: true,
};

const reports = publishedPackages.map((name) => readFileSync(new URL(`../../${name}/api.md`, import.meta.url), "utf8"));

test("checks every exported type of options", () => {
  const names = reports.flatMap((report) => report.match(/(?<=^Exported by .*)\b[A-Z]\w*Options\b/gm) ?? []);
  // grpc-js itself does not accept undefined for these.
  assert.deepEqual(
    new Set(names.filter((name) => name !== "ChannelOptions")),
    new Set(Object.keys(allowsUndefined).filter((name) => name.endsWith("Options"))),
  );
});

test("accepts undefined for every optional property of the public types", () => {
  const properties = reports.flatMap((report) => report.match(/^ +(readonly )?[^\s(]+\?: [^{\n]*;$/gm) ?? []);
  assert.ok(properties.length > 50);
  assert.deepEqual(
    properties.filter((property) => !/\bun(defined|known)\b/.test(property)),
    // Property of an identity, not an option.
    ["  readonly spiffeId?: string;"],
  );
});

test("uses the defaults for options that are undefined", async () => {
  const unsetCall: Unset<CallOptions> = {
    timeoutMs: undefined,
    signal: undefined,
    metadata: undefined,
    waitForReady: undefined,
    parent: undefined,
    onMetadata: undefined,
    onTrailers: undefined,
  };
  const unsetClient: Unset<HelloClientOptions> = {
    timeoutMs: undefined,
    waitForReady: undefined,
    allowPlaintextToken: undefined,
    connections: undefined,
    loadBalancing: undefined,
    keepaliveTimeMs: undefined,
    keepaliveTimeoutMs: undefined,
    keepaliveWithoutCalls: undefined,
    initialReconnectBackoffMs: undefined,
    maxReconnectBackoffMs: undefined,
    maxReceiveMessageBytes: undefined,
    maxSendMessageBytes: undefined,
    compression: undefined,
    userAgent: undefined,
    tls: undefined,
    token: undefined,
    channelOptions: undefined,
    retry: undefined,
    hedging: undefined,
    retryThrottling: undefined,
    serviceConfig: undefined,
  };
  const unsetServer: Unset<Omit<HelloServerOptions, "addresses">> = {
    maxReceiveMessageBytes: undefined,
    maxHeaderBytes: undefined,
    maxConcurrentCalls: undefined,
    maxStreamingCalls: undefined,
    maxConcurrentStreams: undefined,
    maxConnections: undefined,
    handshakeTimeoutMs: undefined,
    maxConnectionAgeMs: undefined,
    maxConnectionAgeGraceMs: undefined,
    maxConnectionIdleMs: undefined,
    keepaliveTimeMs: undefined,
    keepaliveTimeoutMs: undefined,
    shutdownDelayMs: undefined,
    shutdownGraceMs: undefined,
    authorize: undefined,
    authorizeStandardServices: undefined,
    tls: undefined,
    reflection: undefined,
    compression: undefined,
    interceptors: undefined,
    logger: undefined,
  };
  await using server = createHelloServer({ ...unsetServer, addresses: ["127.0.0.1:0"] });
  const [address = ""] = await server.start();
  await using client = new HelloClient(address, unsetClient);
  assert.equal(await client.hello("World", unsetCall), "Hello World");
});
