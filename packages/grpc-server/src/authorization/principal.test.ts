import assert from "node:assert/strict";
import { test } from "node:test";
import type { PeerIdentity } from "../tls/peer-identity.js";
import { parsePrincipal, toPrincipals } from "./principal.js";

test("accepts the three kinds of principals and converts DNS names to lower case", () => {
  for (const [text, principal] of [
    ["spiffe://acme.example/ns/prod/sa/checkout", "spiffe://acme.example/ns/prod/sa/checkout"],
    ["dns:Checkout.ACME.example", "dns:checkout.acme.example"],
    ["dns:localhost", "dns:localhost"],
    ["dns:xn--bcher-kva.example", "dns:xn--bcher-kva.example"],
    ["subject:Ada", "subject:Ada"],
    ["subject:https://accounts.example/users/1\n*", "subject:https://accounts.example/users/1\n*"],
  ]) {
    assert.equal(parsePrincipal(text), principal);
  }
});

for (const text of [
  "checkout.acme.example",
  "",
  "*",
  "spiffe://acme.example",
  "spiffe://acme.example/",
  "spiffe://acme.example/*",
  "spiffe://Acme.example/checkout",
  "SPIFFE://acme.example/checkout",
  "spiffe:checkout",
  "dns:",
  "dns:*.acme.example",
  "dns:checkout.acme.example.",
  "dns:checkout..example",
  "dns:.example",
  "dns:bücher.example",
  "dns:\u212Aube.example",
  "dns:a.example\n",
  "dns: a.example",
  "DNS:a.example",
  "subject:",
  "Subject:ada",
  "https://acme.example/checkout",
  7,
  null,
  undefined,
  ["subject:ada"],
]) {
  test(`rejects the principal ${JSON.stringify(text)}`, () => {
    assert.throws(() => parsePrincipal(text), { name: "TypeError", message: /^invalid principal / });
  });
}

function certificate({ dns = [], spiffeId }: { dns?: readonly string[]; spiffeId?: string }): PeerIdentity {
  const subjectAltNames = { dns, uri: [spiffeId], email: ["dns:b@acme.example"], ip: ["127.0.0.1"] };
  return { subject: "CN=checkout.acme.example", subjectAltNames, spiffeId } as unknown as PeerIdentity;
}

test("returns the SPIFFE ID and every DNS name of a certificate", () => {
  const names = { spiffeId: "spiffe://acme.example/checkout", dns: ["Checkout.acme.example", "b.example"] };
  assert.deepEqual(toPrincipals(certificate(names)), [
    "spiffe://acme.example/checkout",
    "dns:checkout.acme.example",
    "dns:b.example",
  ]);
});

test("ignores the common name and the addresses of a certificate", () => {
  assert.deepEqual(toPrincipals(certificate({})), []);
});

test("ignores wildcards and malformed names in a certificate", () => {
  const dns = [
    "*.acme.example",
    "a.example\0.evil.example",
    "a.example.",
    "a.example, DNS:b.example",
    "\u212Aube.example",
  ];
  assert.deepEqual(toPrincipals(certificate({ dns })), []);
});
