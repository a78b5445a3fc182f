import { gzipSync } from "node:zlib";
import { callHeaders, endStream, frame, frameTypes, message, preface, uint32 } from "@hello/testing/http2-frames";

/** Picks a pseudorandom integer from 0 to below a bound. */
type PickNumber = (bound: number) => number;

/** Generates the bytes that a hostile client sends on one connection: frames of HTTP/2 and gRPC, many of them invalid. */
export function hostileBytes(seed: number): Buffer {
  const pick = seededNumbers(seed);
  const frames = Array.from({ length: 1 + pick(40) }, (_, index) => hostileFrames(pick, 2 * index + 1));
  const start = [preface, preface, preface, Buffer.of(), junk(pick, 30)][pick(5)] ?? preface;
  const bytes = Buffer.concat([start, ...frames.flat()]);
  for (let flips = pick(4) === 0 ? 1 + pick(8) : 0; flips > 0; flips--) {
    bytes[pick(bytes.length)] = pick(256);
  }
  return bytes;
}

/** Creates the generator mulberry32, which picks the same numbers for the same seed. */
function seededNumbers(seed: number): PickNumber {
  let state = seed;
  return (bound) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % bound;
  };
}

function junk(pick: PickNumber, length: number): Buffer {
  return Buffer.from(Array.from({ length: pick(length) }, () => pick(256)));
}

const paths = [
  "/Hello/Hello",
  "/Hello/Hello",
  "/testing.v1.Echo/ServerStream",
  "/testing.v1.Echo/ClientStream",
  "/testing.v1.Echo/BidiStream",
  "/grpc.health.v1.Health/Check",
  "/grpc.health.v1.Health/Watch",
  "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
  "/No/Such",
  "/%zz",
  "*",
  "",
];

const oddHeaders: readonly (readonly [string, string])[] = [
  [":method", "GET"],
  [":method", "HEAD"],
  [":method", "CONNECT"],
  [":protocol", "websocket"],
  ["content-type", "text/html"],
  ["content-length", "-1"],
  ["content-length", "5"],
  ["expect", "100-continue"],
  ["grpc-encoding", "gzip"],
  ["grpc-encoding", "br"],
  ["grpc-encoding", "__proto__"],
  ["grpc-timeout", "99999999H"],
  ["grpc-timeout", "0n"],
  ["grpc-timeout", "soon"],
  ["grpc-status", "0"],
  ["traceparent", "00-x"],
  ["x-bin", "!!!"],
  ["x", "\xff\xfe"],
  ["X-Upper", "1"],
  ["__proto__", "x"],
  ["transfer-encoding", "chunked"],
  ["filler", "x".repeat(6_000)],
];

function hostileFrames(pick: PickNumber, newStream: number): Buffer[] {
  const oldStream = Math.max(1, newStream - 2 * pick(4));
  switch (pick(12)) {
    case 0:
      return [frame("RST_STREAM", { streamId: oldStream, payload: uint32(pick(16)) })];
    case 1:
      return [frame("SETTINGS", { flags: pick(2), payload: pick(2) ? Buffer.of() : setting(pick) })];
    case 2:
      return [frame("PING", { flags: pick(2), payload: Buffer.alloc(8, pick(256)) })];
    case 3:
      return [frame("GOAWAY", { payload: uint32(pick(10), pick(12)) })];
    case 4:
      return [
        frame("WINDOW_UPDATE", { streamId: pick(2) * oldStream, payload: uint32(pick(2) ? 0x7fffffff : pick(9)) }),
      ];
    case 5:
      return [frame(pick(256), { flags: pick(256), streamId: pick(2) * oldStream, payload: junk(pick, 40) })];
    case 6:
      return [frame("DATA", { flags: pick(2), streamId: oldStream, payload: body(pick) })];
    default:
      return hostileCall(pick, newStream);
  }
}

function setting(pick: PickNumber): Buffer {
  return Buffer.concat([Buffer.of(0, pick(10)), uint32(pick(2) ? pick(100_000) : 0xffffffff)]);
}

function hostileCall(pick: PickNumber, streamId: number): Buffer[] {
  const odd = Array.from({ length: pick(3) }, () => oddHeaders[pick(oddHeaders.length)] ?? ["a", "b"]);
  const payload = callHeaders(paths[pick(paths.length)] ?? "", Object.fromEntries(odd));
  const ends = pick(4) === 0 ? endStream : 0;
  return [
    // 4 is END_HEADERS, which one in twenty lacks.
    frame("HEADERS", { flags: ends | (pick(20) ? 4 : 0), streamId, payload }),
    ...Array.from({ length: ends ? 0 : pick(4) }, () => frame("DATA", { streamId, payload: body(pick) })),
    ...(pick(3) ? [] : [frame("RST_STREAM", { streamId, payload: uint32(pick(frameTypes.CONTINUATION)) })]),
    ...(ends || pick(3) === 0 ? [] : [frame("DATA", { flags: endStream, streamId })]),
  ];
}

const bomb = message(gzipSync(Buffer.alloc(5_000_000)), { compressed: true });

function body(pick: PickNumber): Buffer {
  switch (pick(7)) {
    case 0:
      return message(gzipSync(junk(pick, 50)), { compressed: true });
    case 1:
      return bomb;
    case 2:
      return Buffer.concat(Array.from({ length: pick(200) }, () => message(Buffer.of(), { compressed: true })));
    case 3:
      return Buffer.of(0, 0xff, 0xff, 0xff, 0xff);
    case 4:
      return message(junk(pick, 40));
    case 5:
      // EchoRequest with a count of 65,535.
      return message(Buffer.from("\n\x05World\x10\xff\xff\x03", "latin1"));
    default:
      return message(Buffer.from("\n\x05World"));
  }
}
