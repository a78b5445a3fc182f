import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:http2";
import { type TestContext, test } from "node:test";
import { type ClientDuplexStream, Server, status } from "@grpc/grpc-js";
import { type DescribedFile, loadReflectionProtocol } from "@hello/grpc-common";
import { captureLog } from "@hello/testing/captured-log";
import { bindWithClient } from "@hello/testing/grpc-server";
import { message } from "@hello/testing/http2-frames";
import {
  decode,
  decodeError,
  decodeFields,
  encode,
  encodeField,
  type ReflectionResponse,
} from "@hello/testing/reflection-messages";
import { pino } from "pino";
import { testEnvironment, unlimited } from "../../test/call-environment.js";
import { addService } from "../calls/add-service.js";
import { createReflection, type Descriptors } from "./reflection.js";

const file = (name: string, rest: Partial<DescribedFile> = {}): DescribedFile => ({
  name,
  imports: [],
  symbols: [],
  extensions: [],
  bytes: Buffer.from(`bytes of ${name}`),
  ...rest,
});
const files = [
  file("common.proto", { symbols: ["Common"] }),
  file("base.proto", { imports: ["common.proto"], symbols: ["Base"] }),
  file("api.proto", {
    imports: ["base.proto", "common.proto"],
    symbols: ["Api", "Api.Do", "Other", "Request", "Request.value"],
    extensions: [{ type: "Base", number: 7 }],
  }),
];
const descriptors: Descriptors = { services: ["Api", "Other"], files };

interface ServeOptions {
  describe?: () => Descriptors;
  version?: "v1" | "v1alpha";
}

async function serve(t: TestContext, { describe = () => descriptors, version = "v1" }: ServeOptions = {}) {
  const server = new Server();
  const log = captureLog();
  const draining = new AbortController();
  for (const service of createReflection(describe)) {
    const environment = testEnvironment({ logger: pino({}, log), draining: draining.signal });
    addService(server, service.load(), environment, unlimited());
  }
  const served = await bindWithClient(server);
  const { address, client } = served;
  t.after(() => served[Symbol.dispose]());
  const { path } = loadReflectionProtocol(version).ServerReflectionService.serverReflectionInfo;
  const open = (): ClientDuplexStream<Buffer, ReflectionResponse> =>
    client.makeBidiStreamRequest(path, (bytes: Buffer) => bytes, decode, { deadline: Date.now() + 30_000 });
  return {
    drain: () => draining.abort(),
    address,
    log,
    open,
    /** Sends requests on one stream and resolves with the responses. */
    async query(...requests: Buffer[]): Promise<ReflectionResponse[]> {
      const stream = open();
      for (const request of requests) {
        stream.write(request);
      }
      stream.end();
      const responses: ReflectionResponse[] = [];
      for await (const response of stream) {
        responses.push(response);
      }
      return responses;
    },
  };
}

const names = (response: ReflectionResponse | undefined) =>
  decodeFields(response?.bytes ?? Buffer.of()).map(([, value]) => value.toString());

for (const version of ["v1", "v1alpha"] as const) {
  test(`${version} lists the full names of the services`, async (t) => {
    const { query } = await serve(t, { version });
    const [response] = await query(encode.services());
    assert.equal(response?.field, 6);
    const services = decodeFields(response.bytes).map(([, service]) => decodeFields(service)[0]?.[1].toString());
    assert.deepEqual(services, ["Api", "Other"]);
  });
}

const allFiles = ["bytes of api.proto", "bytes of base.proto", "bytes of common.proto"];

test("returns a file first, followed by each of its imports once", async (t) => {
  const { query } = await serve(t);
  for (const request of [
    encode.file("api.proto"),
    encode.symbol("Api"),
    encode.symbol("Api.Do"),
    encode.symbol("Request.value"),
  ]) {
    const [response] = await query(request);
    assert.equal(response?.field, 4);
    assert.equal(names(response)[0], "bytes of api.proto");
    assert.deepEqual(names(response).sort(), allFiles);
  }
  assert.deepEqual(names((await query(encode.symbol("Common")))[0]), ["bytes of common.proto"]);
});

test("answers several requests on one stream in order, and includes each request", async (t) => {
  const { query } = await serve(t);
  const requests = [encode.symbol("Base"), encode.symbol("Nothing"), encode.services(), encode.file("common.proto")];
  const responses = await query(...requests);
  assert.deepEqual(
    responses.map(({ field }) => field),
    [4, 7, 6, 4],
  );
  assert.deepEqual(
    responses.map(({ original }) => original),
    requests.map((request) => request.toString("latin1")),
  );
});

test("answers NOT_FOUND for unknown names and keeps the stream open", async (t) => {
  const { query } = await serve(t);
  const responses = await query(
    encode.file("nothing.proto"),
    encode.symbol("api"),
    encode.extension("Request", 7),
    encode.extensionNumbers("Nothing"),
    encode.services(),
  );
  assert.deepEqual(responses.slice(0, 4).map(decodeError), [
    [status.NOT_FOUND, 'file "nothing.proto" not found'],
    [status.NOT_FOUND, 'symbol "api" not found'],
    [status.NOT_FOUND, 'extension 7 of "Request" not found'],
    [status.NOT_FOUND, 'type "Nothing" not found'],
  ]);
  assert.equal(responses[4]?.field, 6);
});

test("returns the file that declares an extension", async (t) => {
  const { query } = await serve(t);
  const [file, numbers] = await query(encode.extension("Base", 7), encode.extensionNumbers("Base"));
  assert.equal(names(file)[0], "bytes of api.proto");
  assert.equal(numbers?.field, 5);
  assert.deepEqual(names(numbers), ["Base", "\x07"]);
});

test("returns no extension numbers for a type without extensions", async (t) => {
  const { query } = await serve(t);
  const [response] = await query(encode.extensionNumbers("Request"));
  assert.equal(response?.field, 5);
  assert.deepEqual(names(response), ["Request"]);
});

test("answers UNIMPLEMENTED to an unknown kind of request and keeps the stream open", async (t) => {
  const { query } = await serve(t);
  const [unknown, empty, known] = await query(encodeField(9, "?"), Buffer.of(), encode.services());
  for (const response of [unknown, empty]) {
    assert.deepEqual(decodeError(response ?? assert.fail()), [
      status.UNIMPLEMENTED,
      "unknown kind of reflection request",
    ]);
  }
  assert.equal(known?.field, 6);
});

test("answers INTERNAL to a malformed request and keeps serving", async (t) => {
  const { query } = await serve(t);
  await assert.rejects(query(Buffer.from([0xff])), { code: status.INTERNAL });
  assert.equal((await query(encode.services())).length, 1);
});

test("describes the services once, at the first request", async (t) => {
  let described = 0;
  const describe = () => {
    described++;
    return descriptors;
  };
  const { query, open } = await serve(t, { describe });
  open().end();
  assert.equal((await query()).length, 0);
  assert.equal(described, 0);
  await query(encode.services(), encode.services());
  await query(encode.services());
  assert.equal(described, 1);
});

test("answers INTERNAL, logs and retries when the services cannot be described", async (t) => {
  let described = 0;
  const describe = () => {
    if (described++ === 0) {
      throw new Error("secret");
    }
    return descriptors;
  };
  const { query, log } = await serve(t, { describe });
  await assert.rejects(query(encode.services()), { code: status.INTERNAL, details: "internal error" });
  assert.equal((await query(encode.services())).length, 1);
  assert.equal(log.lines.length, 1);
  assert.match(JSON.stringify(log.lines[0]), /secret.*reflection\.test\.ts/);
});

test("ends streams with OK when the server drains", async (t) => {
  const { drain, open } = await serve(t);
  const stream = open();
  stream.write(encode.services());
  const responses: ReflectionResponse[] = [];
  for await (const response of stream) {
    responses.push(response);
    drain();
  }
  assert.equal(responses.length, 1);
});

test("stops answering a client that does not read its responses until it reads", async (t) => {
  const bytes = Buffer.alloc(10_000);
  let answered = 0;
  const counting = Object.defineProperty(file("large.proto"), "bytes", {
    get: () => {
      answered++;
      return bytes;
    },
  });
  const { address, query } = await serve(t, { describe: () => ({ services: [], files: [counting] }) });
  // Not a grpc-js client, which reads even if its stream is not consumed.
  const session = connect(`http://${address}`);
  t.after(() => session.destroy());
  const { path } = loadReflectionProtocol("v1").ServerReflectionService.serverReflectionInfo;
  const stream = session.request({ ":method": "POST", ":path": path, "content-type": "application/grpc" });
  const request = encode.file("large.proto");
  const requests = 1_000;
  stream.write(Buffer.concat(Array(requests).fill(message(request))));
  await once(stream, "response");
  // By the time the server has answered these, it could have answered the requests above.
  for (let round = 0; round < 100; round++) {
    await query(encode.services());
  }
  assert.ok(answered > 0 && answered < requests / 2, `${answered} responses`);

  stream.end();
  stream.resume();
  await once(stream, "end");
  assert.equal(answered, requests);
});
