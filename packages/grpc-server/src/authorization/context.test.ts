import assert from "node:assert/strict";
import { test } from "node:test";
import { type EchoRequest, EchoResponse, EchoService } from "@hello/testing/echo";
import { echoServicer } from "@hello/testing/echo-servicer";
import type { ServerCall } from "../calls/server-call.js";
import { bindService, type Servicer } from "../calls/servicer.js";
import { createServer } from "../server.js";
import { type AuthorizedCaller, allowPrincipals } from "./allow-principals.js";

const { serverStream, clientStream, bidiStream } = echoServicer;

class PrincipalServicer implements Servicer<typeof EchoService, AuthorizedCaller> {
  readonly principals = new Set<string>();
  readonly serverStream = serverStream;
  readonly clientStream = clientStream;
  readonly bidiStream = bidiStream;

  unary(_request: EchoRequest, { context }: ServerCall<AuthorizedCaller>) {
    this.principals.add(context.principal);
    return new EchoResponse();
  }
}

const service = bindService(EchoService, new PrincipalServicer());
const policy = { "testing.v1.Echo": ["spiffe://acme.example/checkout"] };

test("infers the context of a servicer class from its handlers", () => {
  assert.ok(createServer({ services: [service], authorize: allowPrincipals(policy) }));
  assert.ok(createServer({ services: [service], authorize: async () => ({ principal: "ada", token: undefined }) }));
  // @ts-expect-error The context has no principal.
  assert.ok(createServer({ services: [service], authorize: () => ({ user: "ada" }) }));
  // @ts-expect-error There is no context without authorize.
  assert.ok(createServer({ services: [service] }));
});

test("infers the token contents that the handlers need", () => {
  const unary = (_request: EchoRequest, { context }: ServerCall<AuthorizedCaller<{ subject: string; role: string }>>) =>
    new EchoResponse().setValue(context.token?.role ?? "");
  const services = [bindService(EchoService, { ...echoServicer, unary })];
  const withRole = allowPrincipals(policy, { verifyToken: async () => ({ subject: "ada", role: "admin" }) });
  assert.ok(createServer({ services, authorize: withRole }));
  const withoutRole = allowPrincipals(policy, { verifyToken: () => ({ subject: "ada" }) });
  // @ts-expect-error The token has no role.
  assert.ok(createServer({ services, authorize: withoutRole }));
});

test("accepts a servicer that needs no context on any server", () => {
  const services = [
    bindService(EchoService, { ...echoServicer, unary: (request, { path }) => echoWithPath(request, path) }),
  ];
  assert.ok(createServer({ services }));
  assert.ok(createServer({ services, authorize: allowPrincipals(policy) }));
});

function echoWithPath(request: EchoRequest, path: string): EchoResponse {
  return new EchoResponse().setValue(`${path} ${request.getValue()}`);
}
