import assert from "node:assert/strict";
import { test } from "node:test";
import { readProxyVariables } from "./proxy-variables.js";

const address = "proxy.example:3128";

test("reads no_proxy as curl does", () => {
  const cases: [noProxy: string, host: string, direct: boolean][] = [
    ["a, b", "b", true],
    ["a b", "b", true],
    ["a,", "c", false],
    [",a", "c", false],
    ["", "c", false],
    ["*", "c", true],
    [" * ", "c", true],
    ["a,*", "c", false],
    [".example.com", "example.com", true],
    [".example.com", "www.example.com", true],
    ["example.com", "www.example.com", true],
    ["example.com", "nonexample.com", false],
    ["*.example.com", "www.example.com", false],
    ["EXAMPLE.com", "www.example.COM", true],
    ["example.com.", "example.com", true],
    ["example.com", "example.com.", true],
    ["example.com:5", "example.com", false],
    ["192.168.0.0/16", "192.168.1.1", true],
    ["192.168.0.0/16", "192.169.1.1", false],
    ["192.168.0.0/33", "192.168.1.1", false],
    ["192.168.1.1", "192.168.1.1", true],
    ["1.1", "192.168.1.1", false],
    ["10.0.0.0/8", "10.example", false],
    ["a,::1", "::1", true],
    ["fd00::/8", "fd12::1", true],
    ["fd00::/8", "fe80::1", false],
  ];
  for (const [noProxy, host, direct] of cases) {
    const proxy = readProxyVariables({ http_proxy: `http://${address}`, no_proxy: noProxy })(host);
    assert.equal(proxy === undefined, direct, `${host} with no_proxy="${noProxy}"`);
  }
});

test("prefers the variables of gRPC, and accepts NO_PROXY", () => {
  const env = { http_proxy: "http://http:1", https_proxy: "http://https:1", no_proxy: "b", NO_PROXY: "c" };
  const proxyFor = readProxyVariables({ ...env, grpc_proxy: "http://grpc:1", no_grpc_proxy: "a" });
  assert.deepEqual([proxyFor("a"), proxyFor("b")?.address], [undefined, "grpc:1"]);
  assert.deepEqual([readProxyVariables(env)("b"), readProxyVariables(env)("c")?.address], [undefined, "https:1"]);
  const upper = readProxyVariables({ http_proxy: env.http_proxy, NO_PROXY: "c" });
  assert.deepEqual([upper("b")?.address, upper("c")], ["http:1", undefined]);
});

test("reads the address and the credentials of the proxy", () => {
  const cases: [value: string, address: string | undefined, credentials?: string][] = [
    ["http://proxy:8080/", "proxy:8080"],
    ["proxy:8080", "proxy:8080"],
    ["http://proxy", "proxy:80"],
    ["http://[::1]:8080", "[::1]:8080"],
    ["http://me:p%40ss@proxy:1", "proxy:1", "me:p@ss"],
    ["", undefined],
  ];
  for (const [value, address, credentials] of cases) {
    const proxy = readProxyVariables({ http_proxy: value })("a");
    assert.deepEqual(proxy, address && { address, credentials }, value);
  }
});
