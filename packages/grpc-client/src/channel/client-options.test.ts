import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { inspect } from "node:util";
import { experimental } from "@grpc/grpc-js";
import {
  hedgingPolicy,
  invalidMethodConfigs,
  invalidOptions,
  invalidTargets,
  retryPolicy,
} from "@hello/testing/invalid-client-options";
import { EchoClient } from "../../test/echo-client.js";
import { serve } from "../../test/test-server.js";
import { type ClientOptions, ServiceClient } from "../index.js";
import { clientOptionTable } from "./client-options.js";

for (const [options, message] of [
  ...invalidOptions,
  ...invalidMethodConfigs.map(([method, message]) => [{ serviceConfig: { methodConfig: [method] } }, message] as const),
]) {
  test(`rejects ${inspect(options, { breakLength: Number.POSITIVE_INFINITY, depth: 9 })}`, () => {
    assert.throws(() => new ServiceClient("localhost:1", options as ClientOptions), { name: "TypeError", message });
  });
}

for (const [target, reason] of Object.entries(invalidTargets)) {
  test(`rejects the target ${JSON.stringify(target)}`, () => {
    assert.throws(
      () => new EchoClient(target),
      ({ name, message }: Error) => {
        const [prefix, ...rest] = message.split(": ");
        assert.deepEqual([name, prefix], ["TypeError", `invalid target ${JSON.stringify(target)}`]);
        assert.match(rest.join(": "), reason);
        return true;
      },
    );
  });
}

const validTargets = [
  "localhost",
  "my_service:50051",
  "api.example.:50051",
  "dns:localhost:50051",
  "dns:///localhost:50051",
  "dns://127.0.0.1:53/localhost:50051",
  "127.0.0.1:50051",
  "127.1:50051",
  "0.0.0.0:50051",
  "::1",
  "fe80::1%eth0",
  "[::1]",
  "[::]:50051",
  "[fe80::1%eth0]:50051",
  "ipv4:10.0.0.1:50051,10.0.0.2",
  "ipv4:///10.0.0.1:50051",
  "ipv6:[::1]:50051,::2",
  "unix:echo.sock",
  "unix:/run/my service/echo.sock",
  "unix:///run/echo.sock",
  `unix:/${"x".repeat(100)}`,
  "xds:///echo",
];
for (const target of validTargets) {
  test(`accepts the target "${target}"`, () => {
    new EchoClient(target).close();
  });
}

test("leaves the targets of a custom resolver to that resolver", () => {
  experimental.registerResolver(
    "own",
    class implements experimental.Resolver {
      updateResolution() {}
      destroy() {}
      static getDefaultAuthority() {
        return "localhost";
      }
    },
  );
  for (const target of ["own:anything/at all", "own:///:99999"]) {
    new EchoClient(target).close();
  }
});

test("rejects a target that is neither a string nor a channel", () => {
  assert.throws(() => new EchoClient(undefined as unknown as string), {
    name: "TypeError",
    message: "invalid target undefined: expected a string or a ClientChannel",
  });
});

test("resolves an xDS target with @grpc/grpc-js-xds", async () => {
  await using client = new EchoClient("xds:///echo", { retry: false });
  await assert.rejects(client.echo("World"), { status: "UNAVAILABLE", details: /^xDS name resolution failed/ });
});

/** Valid options, similar to the invalid ones. */
const valid: readonly ClientOptions[] = [
  {},
  { timeoutMs: 1, connections: 2, keepaliveTimeMs: 0, retry: false, retryThrottling: false },
  { retry: { maxAttempts: 7 }, initialReconnectBackoffMs: 2_000 },
  { retry: false, hedging: { delayMs: 0 } },
  { token: "secret", allowPlaintextToken: true },
  { token: () => "secret", tls: true },
  { tls: true, channelOptions: { "grpc.ssl_target_name_override": "a" } },
  { channelOptions: { "grpc.max_receive_message_length": -1, "grpc.service_config": "{}" } },
  { serviceConfig: { loadBalancingConfig: [{ a_future_policy: {} }, { round_robin: {} }] } },
  {
    serviceConfig: {
      loadBalancingConfig: [{ pick_first: {} }],
      methodConfig: [
        { name: [{ service: "testing.v1.Echo", method: "Unary" }], hedgingPolicy, timeout: "5s" },
        { name: [{}], retryPolicy: { ...retryPolicy, retryableStatusCodes: ["UNAVAILABLE"] } },
      ],
      retryThrottling: { maxTokens: 10, tokenRatio: 0.1 },
    },
  },
];

for (const options of valid) {
  test(`accepts ${JSON.stringify(options)}`, async () => {
    await using server = await serve();
    if (options.tls) {
      new EchoClient(server.target, options).close();
      return;
    }
    await using client = new EchoClient(server.target, { timeoutMs: 10_000, ...options });
    assert.equal(await client.echo("World", { timeoutMs: 10_000 }), "World");
  });
}

test("documents the default of each option", () => {
  const source = readFileSync(new URL("client-options.ts", import.meta.url), "utf8");
  for (const [name, { default: value }] of Object.entries(clientOptionTable)) {
    const [, comment = ""] = new RegExp(`/\\*\\*((?:(?!\\*/).)*)\\*/\\n  readonly ${name}:`, "s").exec(source) ?? [];
    const [, documented] = /Default:? `?([\w,]+)/.exec(comment) ?? [];
    const expected = typeof value === "number" ? value.toLocaleString("en-US") : String(value ?? "none");
    assert.equal(documented?.replace(/,$/, ""), expected, name);
  }
});
