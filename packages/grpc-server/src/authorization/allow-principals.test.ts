import assert from "node:assert/strict";
import { test } from "node:test";
import { Metadata, status } from "@grpc/grpc-js";
import type { ServerCall } from "../calls/server-call.js";
import { StatusError } from "../calls/status-error.js";
import type { PeerIdentity } from "../tls/peer-identity.js";
import { allowPrincipals } from "./allow-principals.js";

const checkout = "spiffe://acme.example/checkout";
const policy = {
  "acme.Orders": [checkout, "dns:checkout.acme.example", "subject:ada"],
  "acme.Orders/Cancel": [checkout],
};
const verifyToken = async (token: string) => ({ subject: token, roles: [`role of ${token}`] });
const allow = allowPrincipals(policy, { verifyToken });

interface Caller {
  readonly method?: string;
  readonly spiffeId?: string;
  readonly dns?: readonly string[];
  readonly authorization?: string;
}

/**
 * Creates a call with a client certificate if names are passed, and with the metadata `authorization` if it is passed.
 */
function callOf({ method = "Get", spiffeId, dns, authorization }: Caller): ServerCall<undefined> {
  const metadata = new Metadata();
  if (authorization !== undefined) {
    metadata.set("authorization", authorization);
  }
  const identity = {
    subject: "CN=client",
    subjectAltNames: { dns: dns ?? [], uri: [], email: [], ip: [] },
    spiffeId,
  } as unknown as PeerIdentity;
  const peerIdentity = spiffeId !== undefined || dns !== undefined ? identity : undefined;
  return { path: `/acme.Orders/${method}`, peerIdentity, metadata } as ServerCall<undefined>;
}

/** Resolves with the status error that rejects a call. */
async function rejectionOf(
  call: ServerCall<undefined>,
  authorize: (call: ServerCall<undefined>) => unknown = allow,
): Promise<StatusError> {
  try {
    await authorize(call);
  } catch (error) {
    assert.ok(error instanceof StatusError);
    return error;
  }
  return assert.fail("the call is allowed");
}

test("allows a call by SPIFFE ID, DNS name or token subject", async () => {
  assert.deepEqual(await allow(callOf({ spiffeId: checkout })), { principal: checkout, token: undefined });
  assert.deepEqual(await allow(callOf({ dns: ["b.example", "Checkout.ACME.example"] })), {
    principal: "dns:checkout.acme.example",
    token: undefined,
  });
  assert.deepEqual(await allow(callOf({ authorization: "bearer ada" })), {
    principal: "subject:ada",
    token: { subject: "ada", roles: ["role of ada"] },
  });
});

test("returns the contents of a token even if the certificate allows the call", async () => {
  const context = await allow(callOf({ spiffeId: checkout, authorization: "Bearer eve" }));
  assert.deepEqual(context, { principal: checkout, token: { subject: "eve", roles: ["role of eve"] } });
});

test("rejects a principal that the entry of the method does not list", async () => {
  assert.deepEqual(await allow(callOf({ method: "Cancel", spiffeId: checkout })), {
    principal: checkout,
    token: undefined,
  });
  for (const caller of [{ dns: ["checkout.acme.example"] }, { authorization: "Bearer ada" }]) {
    assert.equal((await rejectionOf(callOf({ method: "Cancel", ...caller }))).code, status.PERMISSION_DENIED);
  }
});

test("distinguishes the kinds of principals and compares whole names", async () => {
  for (const caller of [
    { spiffeId: `${checkout}/child` },
    { spiffeId: "spiffe://acme.example/check" },
    { dns: ["acme.example", "a.checkout.acme.example", "checkout.acme.example.evil.example", "*.acme.example"] },
    { dns: [checkout, "ada", "subject:ada"] },
    { dns: [] },
    { authorization: "Bearer ADA" },
    { authorization: "Bearer checkout.acme.example" },
  ]) {
    assert.equal((await rejectionOf(callOf(caller))).code, status.PERMISSION_DENIED, JSON.stringify(caller));
  }
});

test("rejects a call without certificate and token with UNAUTHENTICATED", async () => {
  const { code, details, cause } = await rejectionOf(callOf({}));
  assert.deepEqual(
    { code, details, cause },
    {
      code: status.UNAUTHENTICATED,
      details: "authentication required",
      cause: undefined,
    },
  );
});

test("hides the policy from a rejected client and names the caller in the cause", async () => {
  const { code, details, cause, metadata, richDetails } = await rejectionOf(
    callOf({ dns: ["b.example", "c.example"] }),
  );
  assert.deepEqual(
    { code, details, metadata, richDetails },
    {
      code: status.PERMISSION_DENIED,
      details: "permission denied",
      metadata: undefined,
      richDetails: [],
    },
  );
  assert.equal(String(cause), "Error: the access policy does not allow dns:b.example, dns:c.example");
});

test("rejects an invalid token even if the certificate is allowed", async () => {
  const cause = new Error("signature verification failed");
  const authorize = allowPrincipals(policy, { verifyToken: () => Promise.reject(cause) });
  for (const caller of [{}, { spiffeId: checkout }]) {
    const error = await rejectionOf(callOf({ ...caller, authorization: "Bearer eve" }), authorize);
    assert.deepEqual(
      { code: error.code, details: error.details, cause: error.cause },
      {
        code: status.UNAUTHENTICATED,
        details: "invalid token",
        cause,
      },
    );
    assert.equal((await rejectionOf(callOf({ ...caller, authorization: "Basic YTpi" }))).code, status.UNAUTHENTICATED);
  }
});

test("treats a synchronous throw of verifyToken like a rejection", async () => {
  const authorize = allowPrincipals(policy, {
    verifyToken(): { subject: string } {
      throw "not an Error";
    },
  });
  const { code, cause } = await rejectionOf(callOf({ authorization: "Bearer ada" }), authorize);
  assert.deepEqual({ code, cause }, { code: status.UNAUTHENTICATED, cause: "not an Error" });
});

test("rejects with a StatusError of verifyToken", async () => {
  const unavailable = new StatusError(status.UNAVAILABLE, "cannot fetch the keys");
  const authorize = allowPrincipals(policy, { verifyToken: () => Promise.reject(unavailable) });
  assert.equal(await rejectionOf(callOf({ authorization: "Bearer ada" }), authorize), unavailable);
});

for (const subject of [undefined, "", null, 7]) {
  test(`rejects a token with the subject ${JSON.stringify(subject)}`, async () => {
    const token = { subject: subject as string | undefined };
    const authorize = allowPrincipals({ "*": [checkout, "subject:undefined"] }, { verifyToken: () => token });
    for (const caller of [{}, { spiffeId: checkout }]) {
      const error = await rejectionOf(callOf({ ...caller, authorization: "Bearer ada" }), authorize);
      assert.equal(error.code, status.UNAUTHENTICATED);
    }
  });
}

test("passes the token and the call to verifyToken", async () => {
  const call = callOf({ authorization: "Bearer ada" });
  const received: unknown[] = [];
  const authorize = allowPrincipals(policy, {
    verifyToken(...args) {
      received.push(...args);
      return { subject: "ada" };
    },
  });
  await authorize(call);
  assert.deepEqual(received, ["ada", call]);
});

test("ignores tokens without verifyToken", async () => {
  const authorize = allowPrincipals({ "acme.Orders": [checkout] });
  assert.deepEqual(await authorize(callOf({ spiffeId: checkout, authorization: "Basic YTpi" })), {
    principal: checkout,
    token: undefined,
  });
  assert.equal((await rejectionOf(callOf({ authorization: "Bearer ada" }), authorize)).code, status.UNAUTHENTICATED);
});

test("requires verifyToken for a policy with token subjects", () => {
  assert.throws(() => allowPrincipals(policy), {
    name: "TypeError",
    message: 'the access policy has "subject:" principals: set verifyToken to verify tokens',
  });
});

test("rejects unknown and invalid options", () => {
  for (const options of [{ verifytoken: verifyToken }, { verifyToken: "secret" }]) {
    assert.throws(() => allowPrincipals(policy, options as unknown as { verifyToken: typeof verifyToken }), TypeError);
  }
});
