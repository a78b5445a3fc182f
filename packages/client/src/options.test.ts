import assert from "node:assert/strict";
import { test } from "node:test";
import { HelloClient, type HelloClientOptions } from "./hello-client.js";
import { serve } from "./test-server.js";

/** Options that cannot be, each with what its TypeError says. */
const impossible: readonly (readonly [options: unknown, message: RegExp])[] = [
  [{ timeout: 1 }, /^the client has no option "timeout"; it has timeoutMs, /],
  [{ timeoutMs: 0 }, /^timeoutMs must be a whole number from 1 to 2147483647, not 0$/],
  [{ timeoutMs: Number.POSITIVE_INFINITY }, /^timeoutMs must be .*, not Infinity$/],
  [{ timeoutMs: "5s" }, /^timeoutMs must be .*, not "5s"$/],
  [{ connections: 0 }, /^connections must be a whole number from 1 to 1000, not 0$/],
  [{ connections: 1.5 }, /^connections must be .*, not 1\.5$/],
  [{ maxReceiveBytes: -1 }, /^maxReceiveBytes must be /],
  [{ maxSendBytes: Number.NaN }, /^maxSendBytes must be .*, not NaN$/],
  [{ keepalive: { timeMs: 0 } }, /^keepalive\.timeMs must be /],
  [{ keepalive: { time: 1 } }, /^keepalive has no option "time"; it has timeMs, timeoutMs, withoutCalls$/],
  [{ keepalive: true }, /^keepalive must be an object, not true$/],
  [{ reconnect: { initialBackoffMs: 0 } }, /^reconnect\.initialBackoffMs must be /],
  [{ reconnect: { initialBackoffMs: 200, maxBackoffMs: 100 } }, /initialBackoffMs, 200, is above .*maxBackoffMs, 100$/],
  [{ loadBalancing: "random" }, /^loadBalancing must be "round_robin" or "pick_first", not "random"$/],

  [{ retry: { maxAttempts: 1 } }, /^retry\.maxAttempts must be a whole number from 2 /],
  [{ retry: { initialBackoffMs: 2_000 } }, /^retry\.initialBackoffMs, 2000, is above retry\.maxBackoffMs, 1000$/],
  [{ retry: { statuses: ["UNAVAILABEL"] } }, /^retry\.statuses has "UNAVAILABEL", which is no status /],
  [{ retry: { statuses: ["OK"] } }, /^retry\.statuses has "OK"/],
  [{ retry: { statuses: "UNAVAILABLE" } }, /^retry\.statuses must be a list, not "UNAVAILABLE"$/],
  [{ retry: { statuses: [] } }, /^retry\.statuses is empty; retry: false turns retries off$/],
  [{ retry: {}, hedging: { delayMs: 10 } }, /^retry and hedging exclude each other$/],
  [{ hedging: {} }, /^hedging\.delayMs must be a whole number from 0 .*, not NaN$/],
  [{ hedging: { delayMs: 10, nonFatalStatuses: [14] } }, /^hedging\.nonFatalStatuses has 14/],
  [
    { retryThrottling: { maxTokens: 1_001, tokenRatio: 1 } },
    /^retryThrottling\.maxTokens must be a number from 0\.001 to/,
  ],
  [{ retryThrottling: { maxTokens: 10 } }, /^retryThrottling\.tokenRatio is missing$/],

  [{ tls: { ca: "/etc/ssl/ca.pem" } }, /^tls\.ca is not PEM; give the content of the file, not its name$/],
  [{ tls: { ca: 1 } }, /^tls\.ca must be PEM, as text or bytes, not 1$/],
  [
    { tls: { ca: "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----" } },
    /^tls\.ca holds no certificate that can be read: /,
  ],
  [{ tls: { cert: "-----BEGIN CERTIFICATE-----" } }, /^tls\.cert is given without its tls\.key$/],
  [{ tls: { key: "-----BEGIN PRIVATE KEY-----" } }, /^tls\.key is given without its tls\.cert$/],
  [{ tls: { rejectUnauthorized: false } }, /^tls has no option "rejectUnauthorized"/],
  [{ token: "secret" }, /^token would go out in plain text; set tls, or allowPlaintextToken /],
  [{ token: 1, tls: true }, /^token must be text or a function, not 1$/],

  [
    { channelOptions: { "grpc.max_recieve_message_length": 1 } },
    /\["grpc\.max_recieve_message_length"\] is no channel option/,
  ],
  [{ channelOptions: { "grpc.keepalive_time_ms": "1" } }, /\["grpc\.keepalive_time_ms"\] must be a number, not "1"$/],
  [
    { keepalive: { timeMs: 1 }, channelOptions: { "grpc.keepalive_timeout_ms": 1 } },
    /^keepalive and channelOptions\["grpc\.keepalive_timeout_ms"\] exclude each other$/,
  ],
  [
    { tls: { serverName: "a" }, channelOptions: { "grpc.ssl_target_name_override": "b" } },
    /^tls\.serverName and channelOptions\["grpc\.ssl_target_name_override"\] exclude each other$/,
  ],
  [
    { hedging: { delayMs: 1 }, channelOptions: { "grpc.enable_retries": 0 } },
    /^hedging and channelOptions\["grpc\.enable_retries"\] exclude each other$/,
  ],

  [{ serviceConfig: {}, retry: {} }, /^serviceConfig and retry exclude each other; say it in the serviceConfig$/],
  [{ serviceConfig: {}, loadBalancing: "pick_first" }, /^serviceConfig and loadBalancing exclude each other/],
  [{ serviceConfig: { methodConfigs: [] } }, /^serviceConfig has no option "methodConfigs"/],
  [
    { serviceConfig: { loadBalancingConfig: [{ a: {}, b: {} }] } },
    /^serviceConfig\.loadBalancingConfig\[0\] must name one/,
  ],
  [
    { serviceConfig: { loadBalancingConfig: [{ round_robbin: {} }] } },
    /^serviceConfig\.loadBalancingConfig has no policy that grpc-js knows, but round_robbin$/,
  ],
  [
    { serviceConfig: { loadBalancingConfig: [{ pick_first: { shuffleAddressList: 1 } }] } },
    /^serviceConfig\.loadBalancingConfig cannot be: pick_first: /,
  ],
  [
    { serviceConfig: { loadBalancingConfig: { round_robin: {} } } },
    /^serviceConfig\.loadBalancingConfig must be a list, not \{"round_robin":\{\}\}$/,
  ],
  [{ serviceConfig: { methodConfig: {} } }, /^serviceConfig\.methodConfig must be a list, not \{\}$/],
  [{ serviceConfig: { methodConfig: [null] } }, /^serviceConfig\.methodConfig\[0\] must be an object, not null$/],
  [
    { serviceConfig: { methodConfig: [] }, channelOptions: { "grpc.enable_retries": 0 } },
    /^serviceConfig and channelOptions\["grpc\.enable_retries"\] exclude each other$/,
  ],
  [
    { channelOptions: { "grpc.service_config": "{nope" } },
    /^channelOptions\["grpc\.service_config"\] cannot be: .*JSON/,
  ],
  [
    { channelOptions: { "grpc.service_config": '{"retryThrottling":{}}' } },
    /^channelOptions\["grpc\.service_config"\] cannot be: Invalid retryThrottling/,
  ],
  [
    { channelOptions: { "grpc.service_config": '{"methodConfig":[{"name":1}]}' } },
    /^channelOptions\["grpc\.service_config"\] cannot be: Invalid method config/,
  ],
];

const retryPolicy = {
  maxAttempts: 2,
  initialBackoff: "0.1s",
  maxBackoff: "1s",
  backoffMultiplier: 2,
  retryableStatusCodes: ["UNAVAILABLE"],
};
const hedgingPolicy = { maxAttempts: 2, hedgingDelay: "0.1s" };

/** Method configs that cannot be, as above. */
const impossibleMethods: readonly (readonly [method: object, message: RegExp])[] = [
  [{ name: [{}], timeout: "0.7s" }, /^serviceConfig\.methodConfig\[0\]\.timeout is "0\.7s", of which grpc-js misreads/],
  [{ name: [{}], timeout: "700ms" }, /\.timeout must be a number of seconds like "0\.1s", not "700ms"$/],
  [
    { name: [{}], waitForReady: true },
    /\.waitForReady has no effect in grpc-js; set the client's option waitForReady$/,
  ],
  [{ name: [{}], retryPolicy, hedgingPolicy }, /has both a retryPolicy and a hedgingPolicy, which exclude each other$/],
  [
    { name: [{}], retryPolicy: { ...retryPolicy, retryableStatusCodes: ["BUSY"] } },
    /has "BUSY", which is no status of a/,
  ],
  [{ name: [{}], retryPolicy: { ...retryPolicy, retryableStatusCodes: [] } }, /is empty: nothing would be retried$/],
  [{ name: [{}], retryPolicy: { ...retryPolicy, maxAttempts: 1 } }, /\.maxAttempts must be a whole number from 2 /],
  [
    { name: [{}], retryPolicy: { ...retryPolicy, initialBackoff: 0.1 } },
    /\.initialBackoff must be a number of seconds/,
  ],
  [
    { name: [{}], retryPolicy: { maxAttempts: 2 } },
    /\.initialBackoff must be a number of seconds like "0\.1s", not undefined$/,
  ],
  [{ name: [{}], hedgingPolicy: { maxAttempts: 2 } }, /\.hedgingDelay is missing$/],
  [{ name: [{ method: "Hello" }] }, /\.name has the method "Hello" of no service$/],
  [{ name: [{ service: "Hello" }, { service: "Hello" }] }, /\.name is the second for "Hello\/"$/],
  [{}, /\.name is missing$/],
  [{ name: {} }, /\.name must be a list, not \{\}$/],
  [{ name: [{ service: 1 }] }, /\.name has the service 1, which is no text$/],
  [
    { name: [{ service: "connectivity" }] },
    /\.name has the service "connectivity", which the client keeps for itself$/,
  ],
];

for (const [options, message] of [
  ...impossible,
  ...impossibleMethods.map(([method, message]) => [{ serviceConfig: { methodConfig: [method] } }, message] as const),
]) {
  test(`${JSON.stringify(options)} is refused when the client is made`, () => {
    assert.throws(() => new HelloClient("localhost:1", options as HelloClientOptions), { name: "TypeError", message });
  });
}

const impossibleTargets: Readonly<Record<string, RegExp>> = {
  "": /^the target "" is none: /,
  "http://localhost:50051":
    /^the target "http:\/\/localhost:50051" has a scheme that gRPC does not know; write host:port/,
};
for (const [target, message] of Object.entries(impossibleTargets)) {
  test(`the target "${target}" is refused when the client is made`, () => {
    assert.throws(() => new HelloClient(target), { name: "TypeError", message });
  });
}

test("a target that is no text is refused when the client is made", () => {
  assert.throws(() => new HelloClient(undefined as unknown as string), {
    name: "TypeError",
    message: 'the target must be text like "localhost:50051", not undefined',
  });
});

test("an xds target is looked up by @grpc/grpc-js-xds, which is there", async () => {
  await using client = new HelloClient("xds:///hello", { retry: false });
  await assert.rejects(client.hello("World"), { status: "UNAVAILABLE", details: /^xDS name resolution failed/ });
});

/** Options that look alike but can be. */
const possible: readonly HelloClientOptions[] = [
  {},
  { timeoutMs: 1, connections: 2, keepalive: false, retry: false, retryThrottling: false },
  { retry: { maxAttempts: 7 }, reconnect: { initialBackoffMs: 2_000 } },
  { retry: false, hedging: { delayMs: 0 } },
  { token: "secret", allowPlaintextToken: true },
  { token: () => "secret", tls: true },
  { tls: true, channelOptions: { "grpc.ssl_target_name_override": "a" } },
  { channelOptions: { "grpc.max_receive_message_length": -1, "grpc.service_config": "{}" } },
  { serviceConfig: { loadBalancingConfig: [{ a_policy_to_come: {} }, { round_robin: {} }] } },
  {
    serviceConfig: {
      loadBalancingConfig: [{ pick_first: {} }],
      methodConfig: [
        { name: [{ service: "Hello", method: "Hello" }], hedgingPolicy, timeout: "5s" },
        { name: [{}], retryPolicy: { ...retryPolicy, retryableStatusCodes: ["UNAVAILABLE"] } },
      ],
      retryThrottling: { maxTokens: 10, tokenRatio: 0.1 },
    },
  },
];

for (const options of possible) {
  test(`a client with ${JSON.stringify(options)} greets`, async () => {
    await using server = await serve();
    if (options.tls) {
      new HelloClient(server.target, options).close();
      return;
    }
    await using client = new HelloClient(server.target, { timeoutMs: 10_000, ...options });
    assert.equal(await client.hello("World", { timeoutMs: 10_000 }), "Hello World");
  });
}
