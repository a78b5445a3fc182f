import type { ChannelInterface, Metadata } from "@grpc/grpc-js";
import type { Token } from "./bearer-token.js";
import { checkKeys, checkNumber, show } from "./check.js";
import { type ClientOptions, clientOptionNames } from "./client-options.js";
import { connect } from "./connect.js";
import { grpcChannelOptions } from "./grpc-channel-options.js";
import { retriesUnavailable } from "./lost-response.js";
import { toGrpcMetadata } from "./metadata.js";
import { methodConfigFor } from "./method-config.js";
import { toServiceConfig } from "./resilience.js";
import { RpcError } from "./rpc-error.js";
import type { ServiceConfig } from "./service-config.js";
import { canonicalTarget, openChannel } from "./target.js";
import { channelCredentials } from "./transport-security.js";

/** The channels to a target, with what their calls have in common. */
export class Caller {
  readonly target: string;
  /** The target with its scheme, by which telemetry knows it. */
  readonly canonicalTarget: string;
  readonly timeoutMs: number;
  readonly token: Token | undefined;
  /** Whether no call may carry `authorization`, as anyone could read it. */
  readonly keepsSecrets: boolean;
  /** What a call sends that has no metadata of its own, by {@link waitForReady}; grpc-js copies it. */
  readonly #noMetadata: { readonly false: Metadata; readonly true: Metadata };
  readonly #waitForReady: boolean;
  /** What grpc-js goes by. */
  readonly #serviceConfig: ServiceConfig;
  readonly #retries: boolean;
  readonly #channels: readonly ChannelInterface[];
  /** What ends each open stream of responses. */
  readonly streams = new Set<() => void>();
  #turn = 0;
  #closed = false;

  /** @throws TypeError which names the options that are wrong or contradict each other. */
  constructor(target: string, options: ClientOptions) {
    if (typeof target !== "string") {
      throw new TypeError(`the target must be text like "localhost:50051", not ${show(target)}`);
    }
    checkKeys("the client", options, clientOptionNames);
    const { timeoutMs = 5_000, waitForReady = false, connections = 1, tls = false, token } = options;
    checkNumber("timeoutMs", timeoutMs, { min: 1 });
    checkNumber("connections", connections, { min: 1, max: 1_000 });
    if (token !== undefined && typeof token !== "string" && typeof token !== "function") {
      throw new TypeError(`token must be text or a function, not ${show(token)}`);
    }
    if (token !== undefined && tls === false && !options.allowPlaintextToken) {
      throw new TypeError("token would go out in plain text; set tls, or allowPlaintextToken where that does no harm");
    }
    this.target = target;
    this.canonicalTarget = canonicalTarget(target);
    this.timeoutMs = timeoutMs;
    this.token = token;
    this.keepsSecrets = tls === false && !options.allowPlaintextToken;
    this.#waitForReady = waitForReady;
    this.#noMetadata = {
      false: toGrpcMetadata({}, { waitForReady: false }),
      true: toGrpcMetadata({}, { waitForReady: true }),
    };
    const serviceConfig = toServiceConfig(options);
    const { "grpc.enable_retries": enabled, "grpc.service_config": replaced } = options.channelOptions ?? {};
    this.#retries = enabled !== 0 && replaced === undefined;
    const credentials = channelCredentials(tls);
    const channelOptions = grpcChannelOptions(target, options, serviceConfig);
    this.#channels = Array.from({ length: connections }, () => openChannel(target, credentials, channelOptions));
    this.#serviceConfig = replaced === undefined ? serviceConfig : JSON.parse(replaced);
  }

  /**
   * The channel whose turn it is.
   *
   * @throws RpcError where the client is closed.
   */
  channelFor(method: string): ChannelInterface {
    const channel = this.#channels[this.#turn++ % this.#channels.length];
    if (this.#closed || channel === undefined) {
      throw new RpcError({ code: 1, details: "the client is closed", target: this.target, method });
    }
    return channel;
  }

  /** Whether a method's calls are made again when they end with UNAVAILABLE. */
  repeats(path: string): boolean {
    return !this.#closed && this.#retries && retriesUnavailable(this.#serviceConfig, path);
  }

  /** How long a method's call may take that may take as long by itself, in milliseconds. */
  limitFor(path: string, timeoutMs: number): number {
    const { timeout } = methodConfigFor(this.#serviceConfig, path) ?? {};
    const [, seconds = Number.POSITIVE_INFINITY] = /^(\d+)s$/.exec(String(timeout)) ?? [];
    return Math.min(timeoutMs, Number(seconds) * 1_000);
  }

  /** What a call sends that has no metadata of its own. */
  noMetadata(waitForReady = this.#waitForReady): Metadata {
    return waitForReady ? this.#noMetadata.true : this.#noMetadata.false;
  }

  /**
   * Resolves once every channel is connected.
   *
   * @throws RpcError where one cannot be, or is not within the client's timeout.
   */
  async connect(): Promise<void> {
    const wait = { target: this.target, timeoutMs: this.timeoutMs, waitForReady: this.#waitForReady };
    await Promise.all(this.#channels.map((channel) => connect(channel, wait)));
  }

  /** Closes the channels: calls that are on their way finish, those without a connection fail, and streams end. */
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
