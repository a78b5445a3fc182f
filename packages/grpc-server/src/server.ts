import { setMaxListeners } from "node:events";
import { checkOptions } from "@hello/grpc-common";
import type { RequiredAuthorize } from "./authorization/authorize.js";
import { addService } from "./calls/add-service.js";
import type { CallEnvironment } from "./calls/call-environment.js";
import { createCallLimiter } from "./calls/call-limiter.js";
import type { RunningCall } from "./calls/running-call.js";
import { interceptUnknownMethods } from "./calls/unknown-method.js";
import { createConnections } from "./http2/connections.js";
import { createGrpcJsServer } from "./http2/grpc-js-server.js";
import { createLifecycle, type Lifecycle } from "./lifecycle.js";
import { type ServerOptions, serverOptionTable } from "./server-options.js";
import { createHealth, type Health } from "./services/health.js";
import { addLazyServices, type LazyService } from "./services/lazy-service.js";
import { createReflection, describeServices } from "./services/reflection.js";
import { shutdown } from "./shutdown.js";
import { type Listener, listen } from "./sockets/listener.js";
import { createPlainTextTransport } from "./sockets/plain-text.js";
import type { Transport } from "./sockets/transport.js";
import { observeCalls } from "./telemetry/observe-calls.js";
import { createThrottledWarn } from "./throttled-warn.js";
import { identifyPeer } from "./tls/peer-identity.js";

/** gRPC server for any number of services. */
export interface GrpcServer extends Lifecycle<readonly string[]>, AsyncDisposable {
  /**
   * Starts serving and resolves with the bound addresses. A second call returns the result of the first.
   *
   * @throws Error if an address cannot be bound, a certificate cannot be served, or the server has been shut down.
   */
  start(): Promise<readonly string[]>;
  /**
   * Shuts down in order: health turns NOT_SERVING, new calls are accepted for the delay, then calls in progress may
   * finish within the grace time and fail with UNAVAILABLE after it. Resolves when no call is left. A second call skips
   * all waiting.
   */
  shutdown(): Promise<void>;
  /** Calls {@link shutdown}, which waits up to `shutdownGraceMs` for calls in progress. */
  [Symbol.asyncDispose](): Promise<void>;
  /** Health of the server and its services, as `grpc.health.v1` reports it. */
  readonly health: Health;
}

/**
 * Creates a server. {@link GrpcServer.start} starts it.
 *
 * @throws TypeError that lists every unknown or invalid option.
 */
export function createServer<Context = undefined>(
  options: ServerOptions<Context> & RequiredAuthorize<Context>,
): GrpcServer {
  const { services, addresses, tls, reflection, logger, authorize, ...rest } = checkOptions(serverOptionTable, options);
  const { authorizeStandardServices, interceptors, compression, ...bounds } = rest;

  const draining = new AbortController();
  // Every open stream may add a listener.
  setMaxListeners(0, draining.signal);
  const limiters = {
    unary: createCallLimiter<RunningCall>(bounds.maxConcurrentCalls, "unary"),
    streaming: createCallLimiter<RunningCall>(bounds.maxStreamingCalls, "streaming"),
  };
  const standardLimiters = {
    unary: createCallLimiter<RunningCall>(Number.POSITIVE_INFINITY, "unary"),
    streaming: createCallLimiter<RunningCall>(bounds.maxStreamingCalls, "streaming"),
  };
  const environment: CallEnvironment = {
    logger,
    warn: createThrottledWarn(logger),
    draining: draining.signal,
    observers: observeCalls(logger),
    interceptors,
    compression,
    authorize,
    identify: tls?.clientCaFile === undefined ? undefined : identifyPeer,
  };
  const server = createGrpcJsServer(bounds);
  const health = createHealth(services.map(({ name }) => name));
  const describe = () => describeServices([...services, ...standard.map((service) => service.load())]);
  const standard: LazyService[] = [health.service, ...(reflection ? createReflection(describe) : [])];

  checkNames(services, standard);
  authorize?.checkServices?.(
    authorizeStandardServices ? [...services, ...standard.map((service) => service.load())] : services,
  );
  for (const service of services) {
    addService(server, service, environment, limiters);
  }
  const standardEnvironment = authorizeStandardServices ? environment : { ...environment, authorize: undefined };
  addLazyServices(server, standard, (service) => addService(server, service, standardEnvironment, standardLimiters));
  interceptUnknownMethods(server, environment);

  const connections = createConnections(server);
  let transport: Transport | undefined;
  let listener: Listener | undefined;
  const closeListener = () => {
    listener?.close();
    transport?.close();
  };
  const lifecycle = createLifecycle({
    async start() {
      const { handshakeTimeoutMs, maxConnections } = bounds;
      const onConnection = connections.add;
      try {
        if (tls) {
          const { createTlsTransport } = await import("./tls/tls-transport.js");
          transport = await createTlsTransport({ files: tls, handshakeTimeoutMs, logger, onConnection });
        } else {
          transport = createPlainTextTransport({ handshakeTimeoutMs, logger, onConnection });
        }
        listener = await listen(addresses, { maxConnections, logger, onConnection: transport.accept });
      } catch (error) {
        closeListener();
        throw error;
      }
      health.setServing(true);
      logger.info({ addresses: listener.addresses }, "serving");
      return listener.addresses;
    },
    stop(forceSignal) {
      const drain = () => draining.abort();
      const { close: closeConnections } = connections;
      const subject = { server, health, limiters, standardLimiters, logger, drain, closeListener, closeConnections };
      return shutdown(subject, bounds, forceSignal);
    },
  });
  return {
    ...lifecycle,
    health: { setStatus: health.setStatus },
    [Symbol.asyncDispose]: lifecycle.shutdown,
  };
}

/** @throws TypeError if there is no service, or if a name occurs twice. */
function checkNames(
  services: readonly { readonly name: string }[],
  standard: readonly { readonly name: string }[],
): void {
  if (services.length === 0) {
    throw new TypeError("services must not be empty");
  }
  const standardNames = new Set(standard.map(({ name }) => name));
  const names = new Set<string>();
  for (const { name } of services) {
    if (standardNames.has(name)) {
      throw new TypeError(`services must not contain "${name}": the server adds it itself`);
    }
    if (names.has(name)) {
      throw new TypeError(`services must not contain "${name}" twice`);
    }
    names.add(name);
  }
}
