import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { test } from "node:test";
import { parseIdentity, parseSubjectAltNames, spiffeIdOf } from "./peer-identity.js";

/**
 * Certificate created by OpenSSL, with names of every type. The directory name, the registered ID and the `otherName`
 * are omitted from the identity.
 */
const certificate = new X509Certificate(`
-----BEGIN CERTIFICATE-----
MIIB+jCCAaCgAwIBAgIGAKvN7wEjMAoGCCqGSM49BAMCMA0xCzAJBgNVBAMMAmNh
MCAXDTI2MTEyMzAwMTcyNFoYDzIxMjYxMDMwMDAxNzI0WjAoMQswCQYDVQQGEwJE
RTEZMAoGA1UECwwDeCB5MAsGA1UECgwEQSwgQjBZMBMGByqGSM49AgEGCCqGSM49
AwEHA0IABKB2uxBpLr3nmBPjflHFeBKHffRgZZXOFVAxvM5c1SlrbqgptQ+EbwgY
hx1O9m5sWJIlVxAeglPEc+JQkMB19mWjgc4wgcswgYgGA1UdEQSBgDB+gg1wbGFp
bi5leGFtcGxlggVhLGIiY4Ycc3BpZmZlOi8vZXhhbXBsZS5vcmcvYmlsbGluZ4cE
wAACAYcQIAENuAAAAAAAAAAAAAAAAYELYUBiLmV4YW1wbGWkETAPMQ0wCwYDVQQD
DAR4LCB5oAwGAioDoAYMBGgsIHiIAioDMB0GA1UdDgQWBBQ6uvFkRyQw1bGjE+Sm
S6Gsh33twzAfBgNVHSMEGDAWgBQpvC/gh6O3Xb2WVeR7fSQe5nfoAzAKBggqhkjO
PQQDAgNIADBFAiEAtn3JnpZ8TBO1zbsyGW2VRn6JXDZk+ueEZ/EibKisDL0CIHZC
mQ28fwW/PEijV8sp9Aa0ZssJUnG6zydxJNaUxia8
-----END CERTIFICATE-----
`);

test("returns the identity in a certificate", () => {
  assert.deepEqual(parseIdentity(certificate), {
    subject: String.raw`OU=x y+O=A\, B,C=DE`,
    issuer: "CN=ca",
    serialNumber: "ABCDEF0123",
    fingerprint256: certificate.fingerprint256,
    notBefore: new Date("2026-11-23T00:17:24Z"),
    notAfter: new Date("2126-10-30T00:17:24Z"),
    subjectAltNames: {
      dns: ["plain.example", 'a,b"c'],
      uri: ["spiffe://example.org/billing"],
      email: ["a@b.example"],
      ip: ["192.0.2.1", "2001:db8::1"],
    },
    spiffeId: "spiffe://example.org/billing",
  });
});

test("parses one name that imitates two as one", () => {
  const { dns } = parseSubjectAltNames(String.raw`DNS:"a.example\u002c DNS:admin.example", DNS:b.example`);
  assert.deepEqual(dns, ["a.example, DNS:admin.example", "b.example"]);
});

test("returns empty lists if there are no alternative names", () => {
  assert.deepEqual(parseSubjectAltNames(""), { dns: [], uri: [], email: [], ip: [] });
});

for (const text of ["DNS", "DNS:a,URI:b", "DNS:a, ", 'DNS:"a', 'DNS:"a"b', 'DNS:a"b', "DNS:a, , DNS:b", 'DNS:"\\x"']) {
  test(`rejects a format that is not Node's: ${text}`, () => {
    assert.throws(() => parseSubjectAltNames(text), SyntaxError);
  });
}

test("accepts a SPIFFE ID with a trust domain and a path", () => {
  for (const id of ["spiffe://example.org/ns/prod/sa/billing", "spiffe://a_b-c.1/A-z_0.9"]) {
    assert.equal(spiffeIdOf([id]), id);
  }
});

for (const uris of [
  [],
  ["https://example.org/billing"],
  ["spiffe://example.org"],
  ["spiffe://example.org/"],
  ["spiffe:///billing"],
  ["spiffe://Example.org/billing"],
  ["spiffe://example.org:443/billing"],
  ["spiffe://user@example.org/billing"],
  ["spiffe://example.org/../admin"],
  ["spiffe://example.org/a//b"],
  ["spiffe://example.org/billing?admin"],
  ["spiffe://example.org/b%69lling"],
  ["spiffe://example.org/billing", "spiffe://example.org/admin"],
]) {
  test(`finds no SPIFFE ID in ${uris.join(" and ") || "an empty list"}`, () => {
    assert.equal(spiffeIdOf(uris), undefined);
  });
}
