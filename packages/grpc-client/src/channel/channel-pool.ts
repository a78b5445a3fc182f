import type { ChannelInterface, Metadata } from "@grpc/grpc-js";
import { checkObject, checkOptions, formatValue } from "@hello/grpc-common";
import { type MetadataInit, toGrpcMetadata } from "../metadata/metadata.js";
import { methodConfigFor } from "../service-config/method-config.js";
import type { ServiceConfig } from "../service-config/service-config.js";
import { toServiceConfig } from "../service-config/to-service-config.js";
import { checkToken, type Token } from "./bearer-token.js";
import { type ClientOptions, clientOptionTable } from "./client-options.js";
import { connect } from "./connect.js";
import { toGrpcChannelOptions } from "./grpc-channel-options.js";
import { openChannelThroughProxy } from "./http-proxy.js";
import { retryWhileCallsWait } from "./retry-while-calls-wait.js";
import { toCanonicalTarget } from "./target.js";
import { createChannelCredentials } from "./transport-security.js";

/** Channels of grpc-js to one target, with the settings shared by their calls. */
export class ChannelPool {
  readonly target: string;
  /** Target with its scheme, for telemetry. */
  readonly canonicalTarget: string;
  readonly timeoutMs: number;
  readonly token: Token | undefined;
  /** Functions that end the open response streams. */
  readonly streams = new Set<() => void>();
  /** True if calls must not send `authorization`, because it would not be encrypted. */
  readonly #forbidsAuthorization: boolean;
  readonly #waitForReady: boolean;
  readonly #retryIntervalMs: number;
  /** Metadata of calls that set none, by `waitForReady`. grpc-js copies it. */
  readonly #noMetadata: { readonly false: Metadata; readonly true: Metadata };
  readonly #serviceConfig: ServiceConfig;
  readonly #retries: boolean;
  readonly #channels: readonly ChannelInterface[];
  #next = 0;
  #closed = false;

  /** @throws TypeError that names invalid or conflicting options. */
  constructor(target: string, options: ClientOptions) {
    if (typeof target !== "string") {
      throw new TypeError(`invalid target ${formatValue(target)}: expected a string or a ClientChannel`);
    }
    checkObject("options", options);
    const { tls = false, token, retry, hedging, retryThrottling, serviceConfig, channelOptions, ...scalars } = options;
    const values = checkOptions(clientOptionTable, scalars);
    checkToken(token);
    this.target = target;
    this.canonicalTarget = toCanonicalTarget(target);
    this.timeoutMs = values.timeoutMs;
    this.token = token;
    this.#forbidsAuthorization = tls === false && !values.allowPlaintextToken;
    if (token !== undefined && this.#forbidsAuthorization) {
      throw new TypeError(describePlaintextRisk("token"));
    }
    this.#waitForReady = values.waitForReady;
    this.#retryIntervalMs = values.initialReconnectBackoffMs;
    this.#noMetadata = {
      false: toGrpcMetadata({}, { waitForReady: false }),
      true: toGrpcMetadata({}, { waitForReady: true }),
    };
    const config = toServiceConfig(options, values.loadBalancing);
    const credentials = createChannelCredentials(tls);
    const grpcOptions = toGrpcChannelOptions(target, options, values, config);
    this.#channels = Array.from({ length: values.connections }, () =>
      openChannelThroughProxy(target, credentials, grpcOptions),
    );
    for (const channel of this.#channels) {
      retryWhileCallsWait(channel, this.#retryIntervalMs);
    }
    const override = channelOptions?.["grpc.service_config"];
    this.#retries = override === undefined && channelOptions?.["grpc.enable_retries"] !== 0;
    this.#serviceConfig = override === undefined ? config : JSON.parse(override);
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Returns the channel for the next call. */
  nextChannel(): ChannelInterface {
    return this.#channels[this.#next++ % this.#channels.length] as ChannelInterface;
  }

  /** Returns whether the calls of a method are retried after UNAVAILABLE. */
  retriesUnavailable(path: string): boolean {
    const { retryPolicy, hedgingPolicy } = methodConfigFor(this.#serviceConfig, path) ?? {};
    const statuses = retryPolicy?.retryableStatusCodes ?? hedgingPolicy?.nonFatalStatusCodes ?? [];
    return this.#retries && statuses.includes("UNAVAILABLE");
  }

  /** Returns the timeout of a call in milliseconds: its own, or that of the service config if shorter. */
  effectiveTimeoutMs(path: string, timeoutMs: number): number {
    const { timeout } = methodConfigFor(this.#serviceConfig, path) ?? {};
    const [, seconds = Number.POSITIVE_INFINITY] = /^(\d+)s$/.exec(String(timeout)) ?? [];
    return Math.min(timeoutMs, Number(seconds) * 1_000);
  }

  /**
   * Returns the metadata to send with a call.
   *
   * @throws TypeError that names an invalid or forbidden entry.
   */
  metadataFor({
    metadata,
    waitForReady = this.#waitForReady,
  }: {
    readonly metadata?: MetadataInit | undefined;
    readonly waitForReady?: boolean | undefined;
  }): Metadata {
    if (metadata === undefined) {
      return waitForReady ? this.#noMetadata.true : this.#noMetadata.false;
    }
    const converted = toGrpcMetadata(metadata, { waitForReady });
    if (converted.get("authorization").length > 0) {
      if (this.#forbidsAuthorization) {
        throw new TypeError(describePlaintextRisk('metadata "authorization"'));
      }
      if (this.token !== undefined) {
        throw new TypeError('invalid metadata "authorization": the client sends its token under this key');
      }
    }
    return converted;
  }

  /**
   * Resolves once every channel is connected.
   *
   * @throws RpcError if a channel fails to connect or the timeout expires.
   */
  async connect(): Promise<void> {
    const { target, timeoutMs } = this;
    const options = {
      target,
      timeoutMs,
      waitForReady: this.#waitForReady,
      retryIntervalMs: this.#retryIntervalMs,
    };
    await Promise.all(this.#channels.map((channel) => connect(channel, options)));
  }

  /** Closes the channels: open calls finish, response streams end, and calls that wait for a connection fail. */
  close(): void {
    this.#closed = true;
    for (const end of this.streams) {
      end();
    }
    for (const channel of this.#channels) {
      channel.close();
    }
  }
}

function describePlaintextRisk(subject: string): string {
  return `${subject} would be sent in plain text; set tls, or allowPlaintextToken if that is safe`;
}
