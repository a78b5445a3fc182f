import { describeContract, describeHealth, HelloService, strictUtf8 } from "@hello/proto";
import { type Logger, pino } from "pino";
import { HelloServicer } from "./hello-servicer.js";
import { createAdmission } from "./rpc/admission.js";
import { type CertificateFiles, checkCertificateFiles } from "./rpc/certificate-files.js";
import { type CheckTable, checkOptions } from "./rpc/check-options.js";
import { createConnections } from "./rpc/connections.js";
import { addHealth } from "./rpc/health.js";
import { createLifecycle } from "./rpc/lifecycle.js";
import { createServer, type Limits } from "./rpc/limits.js";
import { type Listener, listen } from "./rpc/listener.js";
import { createPlainTextTransport } from "./rpc/plain-text.js";
import { addReflection } from "./rpc/reflection.js";
import { addServicer } from "./rpc/servicer.js";
import { type ShutdownTimes, shutdown } from "./rpc/shutdown.js";
import { createTlsTransport } from "./rpc/tls.js";
import type { Transport } from "./rpc/transport.js";
import { type Serving, servingOptions } from "./serving-options.js";
import { observeCalls } from "./telemetry/observe-calls.js";

/** How a {@link HelloServer} serves; {@link Limits} and {@link ShutdownTimes} say what each bound means. */
export interface HelloServerOptions extends Partial<Limits>, Partial<ShutdownTimes> {
  /**
   * Where it listens: `host:port`, `[IPv6]:port`, `:port` or `unix:/path`. Default `["[::]:50051"]`, which is every
   * interface, IPv4 included.
   */
  readonly addresses?: readonly string[];
  /**
   * Serves TLS, 1.2 at least, with this certificate, which is followed as its files change; with `clientCa` it asks each
   * client for one too. Default: plain text.
   */
  readonly tls?: CertificateFiles;
  /** Whether clients can ask which services there are (server reflection). Default true. */
  readonly reflection?: boolean;
  /** Default: no log. */
  readonly logger?: Logger;
}

/** A server of the Hello service. */
export interface HelloServer {
  /**
   * Begins to serve and resolves with the bound addresses. A second call gets what the first got.
   *
   * @throws Error with a message for a person where an address cannot be bound, a certificate cannot be served, or the
   * server has been shut down: it serves once.
   */
  start(): Promise<readonly string[]>;
  /**
   * Stops in order: health turns NOT_SERVING, calls are accepted for the delay, those in flight may finish within the
   * grace time, and are answered with UNAVAILABLE after it. Resolves when all are gone. A second call skips the waiting.
   */
  shutdown(): Promise<void>;
}

interface Values extends Serving {
  readonly tls: CertificateFiles | undefined;
  readonly logger: Logger;
}

const optionTable: CheckTable<Values> = {
  ...servingOptions,
  tls: { default: undefined, check: checkCertificateFiles },
  logger: { default: pino({ level: "silent" }), check: checkLogger },
};

function checkLogger(value: unknown): void {
  if (typeof Object(value).child !== "function") {
    throw new TypeError("must be a logger of pino");
  }
}

/**
 * Makes a server of the Hello service; {@link HelloServer.start} starts it.
 *
 * @throws TypeError which names every option that is unknown or out of its range.
 */
export function createHelloServer(options: HelloServerOptions = {}): HelloServer {
  const { addresses, tls, reflection, logger, ...bounds } = checkOptions(optionTable, options);

  const interceptors = observeCalls(logger);
  const server = createServer(bounds, interceptors);
  const admission = createAdmission(bounds.maxConcurrentCalls);
  addServicer(server, strictUtf8(HelloService), new HelloServicer(), { admission, logger });
  const health = addHealth(server, ["Hello"]);
  const describe = () => [...describeContract(), ...describeHealth()];
  const reflecting = reflection ? addReflection(server, describe, logger) : undefined;
  const connections = createConnections(server);

  let transport: Transport | undefined;
  let listener: Listener | undefined;
  const closeListener = () => {
    listener?.close();
    transport?.close();
  };

  return createLifecycle({
    async start() {
      const { handshakeTimeoutMs, maxConnections } = bounds;
      const onConnection = connections.add;
      try {
        transport = tls
          ? await createTlsTransport({ files: tls, handshakeTimeoutMs, logger, onConnection })
          : createPlainTextTransport({ handshakeTimeoutMs, logger, onConnection });
        listener = await listen(addresses, { maxConnections, logger, onConnection: transport.accept });
      } catch (error) {
        closeListener();
        throw error;
      }
      health.setServing(true);
      logger.info({ addresses: listener.addresses }, "serving");
      return listener.addresses;
    },
    stop(hurry) {
      const endStreams = () => reflecting?.endStreams();
      const cutConnections = connections.cut;
      return shutdown({ server, health, admission, logger, endStreams, closeListener, cutConnections }, bounds, hurry);
    },
  });
}
