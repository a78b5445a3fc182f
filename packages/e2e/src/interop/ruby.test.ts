/** Tests interoperability with gRPC's own client and server in Ruby, as packaged by Debian. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { run } from "@hello/testing/program";
import { requires } from "@hello/testing/requires";
import { describeOurClient } from "./describe-our-client.js";
import { describePeerClient } from "./describe-peer-client.js";
import { startPeerServer } from "./interop-server-process.js";
import type { TlsFiles } from "./tls-files.js";

const { program: ruby, skip } = requires("ruby-grpc");

const gem = skip ? "" : spawnSync(ruby, ["-e", 'print Gem::Specification.find_by_name("grpc").gem_dir']).stdout;
const client = `${gem}/src/ruby/pb/test/client.rb`;

/** Cases of the client that require an account in Google's cloud, and the case that runs all others. */
const excludedCases = [
  "all",
  "compute_engine_creds",
  "jwt_token_creds",
  "oauth2_auth_token",
  "per_rpc_creds",
  "service_account_creds",
];

const cases = [
  "cancel_after_begin",
  "cancel_after_first_response",
  "client_compressed_streaming",
  "client_compressed_unary",
  "client_streaming",
  "custom_metadata",
  "empty_stream",
  "empty_unary",
  "large_unary",
  "ping_pong",
  "server_streaming",
  "status_code_and_message",
  "timeout_on_sleeping_server",
  "unimplemented_method",
  "unimplemented_service",
];

/** Returns the files of the gem that both programs read. */
async function createTls(): Promise<TlsFiles & AsyncDisposable> {
  const folder = `${gem}/src/ruby/spec/testdata`;
  return {
    caFile: `${folder}/ca.pem`,
    certFile: `${folder}/server1.pem`,
    keyFile: `${folder}/server1.key`,
    serverName: "foo.test.google.fr",
    async [Symbol.asyncDispose]() {},
  };
}

test("Ruby's client runs every case that does not require a cloud account", { skip }, async () => {
  const { stdout } = await run([ruby, client, "--help"]);
  const [, list = ""] = /^ +\((.*)\)$/m.exec(stdout) ?? [];
  assert.deepEqual(list.split(",").sort(), [...cases, ...excludedCases].sort());
});

describePeerClient({
  name: "Ruby's client",
  skip,
  cases,
  createTls,
  command: (names, port, tls) => [
    ruby,
    ...[fileURLToPath(new URL("interop_client.rb", import.meta.url)), client, names.join(",")],
    ...["--server_host", "127.0.0.1", "--server_port", String(port)],
    ...(tls ? ["--use_tls", "true", "--use_test_ca", "true", "--server_host_override", tls.serverName] : []),
  ],
});

describeOurClient({
  name: "Ruby's server",
  skip,
  createTls,
  start(tls) {
    const printPort = fileURLToPath(new URL("print_port.rb", import.meta.url));
    const server = `${gem}/src/ruby/pb/test/server.rb`;
    return startPeerServer([ruby, "-r", printPort, server, "--port", "0", "--use_tls", String(tls !== undefined)]);
  },
});
