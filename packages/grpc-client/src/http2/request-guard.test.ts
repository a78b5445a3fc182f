import assert from "node:assert/strict";
import { test } from "node:test";
import { type ChannelInterface, Metadata, type StatusObject, status } from "@grpc/grpc-js";
import { listenHttp2 } from "@hello/testing/peer";
import { openChannel } from "../channel/target.js";
import { createChannelCredentials } from "../channel/transport-security.js";

/** Makes a call with unchecked metadata. Resolves with its status. */
function callWithUncheckedMetadata(
  channel: ChannelInterface,
  entries: Record<string, readonly string[]>,
): Promise<StatusObject> {
  return new Promise((resolve) => {
    const metadata = new Metadata();
    for (const [name, values] of Object.entries(entries)) {
      for (const value of values) {
        metadata.add(name, value);
      }
    }
    const call = channel.createCall("/Test/Test", Date.now() + 60_000, undefined, null, undefined);
    call.start(metadata, { onReceiveMetadata() {}, onReceiveMessage() {}, onReceiveStatus: resolve });
    call.startRead();
    call.sendMessageWithContext({}, Buffer.from("a"));
    call.halfClose();
  });
}

const rejected: Readonly<Record<string, Record<string, readonly string[]>>> = {
  "a connection header": { connection: ["close"] },
  "two values for a header that HTTP allows once": { "if-match": ["a", "b"] },
};
for (const [kind, entries] of Object.entries(rejected)) {
  test(`fails only the call with ${kind}, which Node rejects, and does not repeat it`, async () => {
    await using peer = await listenHttp2((stream) =>
      stream.respond({ "content-type": "application/grpc", "grpc-status": "5" }, { endStream: true }),
    );
    const channel = openChannel(peer.address, createChannelCredentials(false), {});
    assert.equal((await callWithUncheckedMetadata(channel, {})).code, status.NOT_FOUND);
    const { code, details } = await callWithUncheckedMetadata(channel, entries);
    assert.equal(code, status.INTERNAL);
    assert.match(details, /^failed to send the metadata: /);
    assert.equal((await callWithUncheckedMetadata(channel, {})).code, status.NOT_FOUND);
    assert.equal(peer.accepted, 1);
    channel.close();
  });
}
