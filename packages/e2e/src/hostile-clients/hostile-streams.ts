import { EchoRequest, EchoService } from "@hello/testing/echo";
import {
  callHeaders,
  endHeaders,
  endStream,
  frame,
  frameTypes,
  isTrailersOf,
  message,
  preface,
  uint32,
} from "@hello/testing/http2-frames";
import type { RawConnection } from "@hello/testing/raw-http2";

/** Attack on a connection whose preface has not been sent. Resolves once the server has processed it. */
export type Attack = (connection: RawConnection) => Promise<void>;

const paths = [EchoService.serverStream.path, EchoService.clientStream.path, EchoService.bidiStream.path];

/** Error codes of RFC 9113, section 7. */
const cancel = uint32(8);

/** Setting of RFC 9113, section 6.5.2. */
const initialWindowSize = 4;

const request = message(new EchoRequest().setValue("a").setCount(1).serializeBinary());
const flood = message(
  new EchoRequest()
    .setCount(2 ** 32 - 1)
    .setPayload(Buffer.alloc(16_000))
    .serializeBinary(),
);
const unread = message(new EchoRequest().setValue("unread").serializeBinary());

/** Builds the frames that open a stream of each kind and then send the given frames on it. */
function onEachKind(frames: (streamId: number) => readonly Buffer[], first = 1): Buffer[] {
  return paths.flatMap((path, index) => {
    const streamId = first + 2 * index;
    return [frame("HEADERS", { flags: endHeaders, streamId, payload: callHeaders(path) }), ...frames(streamId)];
  });
}

const data = (streamId: number, payload: Buffer, flags = 0) => frame("DATA", { streamId, flags, payload });
const reset = (streamId: number) => frame("RST_STREAM", { streamId, payload: cancel });
const windowUpdate = (streamId: number, increment: number) =>
  frame("WINDOW_UPDATE", { streamId, payload: uint32(increment) });
const settings = (id: number, value: number) =>
  frame("SETTINGS", { payload: Buffer.concat([Buffer.of(0, id), uint32(value)]) });

/** Resolves once the server has processed everything sent before, or has given up the connection. */
async function waitUntilProcessed(connection: RawConnection): Promise<void> {
  const payload = Buffer.alloc(8);
  payload.writeUInt32BE(connection.frames.length);
  connection.send(frame("PING", { payload }));
  const answered = connection
    .frame("PING", (ping) => ping.payload.equals(payload))
    .catch(() => {
      // The connection has ended without an answer.
    });
  await Promise.race([answered, waitUntilGivenUp(connection)]);
}

/** Resolves once the server has reset streams because of flow control. Node 22 and later close the connection instead. */
async function waitUntilReset(connection: RawConnection, streamIds: readonly number[]): Promise<void> {
  const resets = streamIds.map((id) => connection.frame("RST_STREAM", ({ streamId }) => streamId === id));
  const reset = Promise.all(resets).catch(() => {
    // The connection has ended without resets.
  });
  await Promise.race([reset, waitUntilGivenUp(connection)]);
}

/** Resolves once the server has given up the connection: Node 20 may send a GOAWAY but leave the socket open. */
async function waitUntilGivenUp(connection: RawConnection): Promise<void> {
  const announced = connection.frame("GOAWAY").catch(() => {
    // The connection has ended without a GOAWAY.
  });
  await Promise.race([announced, connection.closed]);
}

/** Attacks on streaming methods. Streams that are still open end with the connection. */
export const attacks: Readonly<Record<string, Attack>> = {
  async "resets streams after their headers"(connection) {
    connection.send(preface, ...onEachKind((id) => [reset(id)]));
    await waitUntilProcessed(connection);
  },

  async "resets streams in the middle of a message"(connection) {
    connection.send(preface, ...onEachKind((id) => [data(id, request), data(id, request.subarray(0, 6))]));
    await waitUntilProcessed(connection);
    connection.send(...[1, 3, 5].map(reset));
    await waitUntilProcessed(connection);
  },

  async "sends a message after the end of the requests"(connection) {
    connection.send(preface, ...onEachKind((id) => [data(id, request, endStream), data(id, request)]));
    await waitUntilProcessed(connection);
  },

  async "opens and resets thousands of streams"(connection) {
    connection.send(preface);
    const isGivenUp = () => connection.isClosed || connection.frames.some(({ type }) => type === frameTypes.GOAWAY);
    for (let first = 1; first < 30_000 && !isGivenUp(); first += 600) {
      const streams = Array.from({ length: 100 }, (_, index) =>
        onEachKind((id) => [data(id, request), reset(id)], first + 6 * index),
      );
      connection.send(...streams.flat());
      await waitUntilProcessed(connection);
    }
    await waitUntilGivenUp(connection);
  },

  async "reads no response and never opens its window"(connection) {
    connection.send(preface, ...onEachKind((id) => [data(id, flood, endStream)]));
    await connection.frame("DATA");
    await waitUntilProcessed(connection);
  },

  async "has a window of zero"(connection) {
    connection.send(preface, settings(initialWindowSize, 0), ...onEachKind((id) => [data(id, flood, endStream)]));
    await connection.frame("HEADERS");
    await waitUntilProcessed(connection);
    connection.send(...[1, 3, 5].map(reset));
    await waitUntilProcessed(connection);
  },

  async "opens its window byte by byte"(connection) {
    connection.send(preface, settings(initialWindowSize, 0), ...onEachKind((id) => [data(id, flood, endStream)]));
    for (let byte = 0; byte < 200; byte++) {
      connection.send(...[1, 3, 5].map((id) => windowUpdate(id, 1)));
    }
    await connection.frame("DATA");
    await waitUntilProcessed(connection);
  },

  async "opens its window beyond the limit"(connection) {
    connection.send(preface, ...onEachKind((id) => [data(id, flood), windowUpdate(id, 2 ** 31 - 1)]));
    await waitUntilReset(connection, [1, 3, 5]);
    await waitUntilProcessed(connection);
  },

  async "opens its window by zero bytes"(connection) {
    connection.send(preface, ...onEachKind((id) => [data(id, flood), windowUpdate(id, 0)]));
    await waitUntilProcessed(connection);
  },

  async "shrinks its window below zero"(connection) {
    connection.send(preface, ...onEachKind((id) => [data(id, flood, endStream)]));
    await connection.frame("DATA");
    connection.send(settings(initialWindowSize, 1));
    await waitUntilProcessed(connection);
  },

  async "sends messages to handlers that do not read them"(connection) {
    const body = Buffer.concat(Array.from({ length: 500 }, () => request));
    connection.send(preface, ...onEachKind((id) => [data(id, unread), data(id, body)]));
    await waitUntilProcessed(connection);
  },

  async "ignores the server's window"(connection) {
    const body = message(Buffer.concat([Buffer.of(0x2a, 0x80, 0x7d), Buffer.alloc(16_000)]));
    const bodies = (streamId: number) => Array.from({ length: 100 }, () => data(streamId, body));
    connection.send(preface, ...onEachKind((id) => [data(id, unread), ...bodies(id)]));
    await waitUntilReset(connection, [3, 5]);
  },

  async "sends more headers than the limit allows"(connection) {
    const many = Object.fromEntries(Array.from({ length: 120 }, (_, index) => [`x-${index}`, "y".repeat(100)]));
    const long = { "x-long": "y".repeat(16_200) };
    connection.send(
      preface,
      ...[...paths, ...paths].map((path, index) => {
        const payload = callHeaders(path, index < paths.length ? many : long);
        return frame("HEADERS", { flags: endHeaders | endStream, streamId: 1 + 2 * index, payload });
      }),
    );
    await waitUntilProcessed(connection);
  },

  async "sends a flood of metadata over many calls"(connection) {
    const extra = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`x-${index}`, "y".repeat(50)]));
    connection.send(preface);
    for (let streamId = 1; streamId < 200; streamId += 2) {
      const payload = callHeaders(EchoService.clientStream.path, extra);
      connection.send(frame("HEADERS", { flags: endHeaders | endStream, streamId, payload }));
      await connection.frame("HEADERS", isTrailersOf(streamId));
    }
  },

  async "resets the connection in the middle of all streams"(connection) {
    connection.send(preface, ...onEachKind((id) => [data(id, flood), data(id, flood.subarray(0, 100))]));
    await connection.frame("DATA");
    connection.socket.resetAndDestroy();
    await connection.closed;
  },
};
