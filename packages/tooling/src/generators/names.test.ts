import assert from "node:assert/strict";
import { test } from "node:test";
import { findRpcNameProblem, findScopeProblem, findServiceNameProblem, spellMethod, spellService } from "./names.js";

test("spells names for files, packages and contracts", () => {
  assert.deepEqual(spellService("TeaTimer"), { pascal: "TeaTimer", kebab: "tea-timer", snake: "tea_timer" });
  assert.equal(spellMethod("TellTime"), "tellTime");
});

test("accepts names in PascalCase, and words of JavaScript as names of RPCs", () => {
  for (const name of ["Clock", "TeaTimer", "Route53"]) {
    assert.equal(findServiceNameProblem(name), undefined);
  }
  for (const name of ["Tell", "TellTime", "Delete", "Import"]) {
    assert.equal(findRpcNameProblem(name), undefined);
  }
});

const invalidServiceNames: Readonly<Record<string, RegExp>> = {
  clock: / in PascalCase, like Clock$/,
  "tea-timer": /, like TeaTimer$/,
  HTTPClock: /, like HttpClock$/,
  "": / in PascalCase$/,
  Café: / in PascalCase/,
  "../Clock": / in PascalCase/,
  ["C".padEnd(61, "l")]: / in PascalCase$/,
  Class: /: "class" is a reserved word of JavaScript$/,
  Message: /: "message" is a reserved word of protocol buffers$/,
  GrpcClock: /: the prefix "grpc-" is reserved for packages of the runtime$/,
};
for (const [name, problem] of Object.entries(invalidServiceNames)) {
  test(`rejects the service name "${name}"`, () => {
    assert.match(findServiceNameProblem(name) ?? "", problem);
    assert.match(findServiceNameProblem(name) ?? "", /^invalid service name "/);
  });
}

test("rejects RPC names that would replace a method of every client or object", () => {
  for (const name of ["Close", "Connect", "Unary", "CheckHealth", "GetChannel", "Constructor", "ToString", "Then"]) {
    assert.match(findRpcNameProblem(name) ?? "", /^invalid RPC name ".*": every client already has a method "/);
  }
  assert.match(findRpcNameProblem("tell") ?? "", /^invalid RPC name "tell": .*, like Tell$/);
});

test("accepts the scopes that npm accepts", () => {
  assert.equal(findScopeProblem("@acme"), undefined);
  assert.equal(findScopeProblem("@acme.io-2"), undefined);
  for (const scope of ["acme", "@Acme", "@", "@acme/x", "@ac me"]) {
    assert.match(findScopeProblem(scope) ?? "", /^invalid scope "/);
  }
});
