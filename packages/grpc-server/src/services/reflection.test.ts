import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:http2";
import { type TestContext, test } from "node:test";
import { type ClientDuplexStream, Server, status } from "@grpc/grpc-js";
import { type DescribedFile, reflectionProtocol } from "@hello/grpc-common";
import { captureLog } from "@hello/testing/captured-log";
import { bindWithClient } from "@hello/testing/grpc-server";
import { message } from "@hello/testing/http2-frames";
import { type Answer, ask, decode, errorOf, field, fields } from "@hello/testing/reflection-messages";
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

interface Serving {
  describe?: () => Descriptors;
  version?: "v1" | "v1alpha";
}

async function serve(t: TestContext, { describe = () => descriptors, version = "v1" }: Serving = {}) {
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
  const { path } = reflectionProtocol(version).ServerReflectionService.serverReflectionInfo;
  const open = (): ClientDuplexStream<Buffer, Answer> =>
    client.makeBidiStreamRequest(path, (bytes: Buffer) => bytes, decode, { deadline: Date.now() + 30_000 });
  return {
    drain: () => draining.abort(),
    address,
    log,
    open,
    /** Sends requests on one stream and resolves with their answers. */
    async query(...requests: Buffer[]): Promise<Answer[]> {
      const stream = open();
      for (const request of requests) {
        stream.write(request);
      }
      stream.end();
      const answers: Answer[] = [];
      for await (const answer of stream) {
        answers.push(answer);
      }
      return answers;
    },
  };
}

const names = (answer: Answer | undefined) => fields(answer?.bytes ?? Buffer.of()).map(([, value]) => value.toString());

for (const version of ["v1", "v1alpha"] as const) {
  test(`${version} lists the services by their full names`, async (t) => {
    const { query } = await serve(t, { version });
    const [answer] = await query(ask.services());
    assert.equal(answer?.field, 6);
    const services = fields(answer.bytes).map(([, service]) => fields(service)[0]?.[1].toString());
    assert.deepEqual(services, ["Api", "Other"]);
  });
}

const all = ["bytes of api.proto", "bytes of base.proto", "bytes of common.proto"];

test("a file comes first, with all that it imports, each once", async (t) => {
  const { query } = await serve(t);
  for (const request of [ask.file("api.proto"), ask.symbol("Api"), ask.symbol("Api.Do"), ask.symbol("Request.value")]) {
    const [answer] = await query(request);
    assert.equal(answer?.field, 4);
    assert.equal(names(answer)[0], "bytes of api.proto");
    assert.deepEqual(names(answer).sort(), all);
  }
  assert.deepEqual(names((await query(ask.symbol("Common")))[0]), ["bytes of common.proto"]);
});

test("several requests on one stream are answered in order, each with its request", async (t) => {
  const { query } = await serve(t);
  const requests = [ask.symbol("Base"), ask.symbol("Nothing"), ask.services(), ask.file("common.proto")];
  const answers = await query(...requests);
  assert.deepEqual(
    answers.map(({ field }) => field),
    [4, 7, 6, 4],
  );
  assert.deepEqual(
    answers.map(({ original }) => original),
    requests.map((request) => request.toString("latin1")),
  );
});

test("what is not there is NOT_FOUND, and the stream goes on", async (t) => {
  const { query } = await serve(t);
  const answers = await query(
    ask.file("nothing.proto"),
    ask.symbol("api"),
    ask.extension("Request", 7),
    ask.extensionNumbers("Nothing"),
    ask.services(),
  );
  assert.deepEqual(answers.slice(0, 4).map(errorOf), [
    [status.NOT_FOUND, 'file "nothing.proto" not found'],
    [status.NOT_FOUND, 'symbol "api" not found'],
    [status.NOT_FOUND, 'extension 7 of "Request" not found'],
    [status.NOT_FOUND, 'type "Nothing" not found'],
  ]);
  assert.equal(answers[4]?.field, 6);
});

test("an extension is found in the file that declares it", async (t) => {
  const { query } = await serve(t);
  const [file, numbers] = await query(ask.extension("Base", 7), ask.extensionNumbers("Base"));
  assert.equal(names(file)[0], "bytes of api.proto");
  assert.equal(numbers?.field, 5);
  assert.deepEqual(names(numbers), ["Base", "\x07"]);
});

test("a type without extensions has none", async (t) => {
  const { query } = await serve(t);
  const [answer] = await query(ask.extensionNumbers("Request"));
  assert.equal(answer?.field, 5);
  assert.deepEqual(names(answer), ["Request"]);
});

test("a request of an unknown kind is UNIMPLEMENTED, and the stream goes on", async (t) => {
  const { query } = await serve(t);
  const [unknown, empty, known] = await query(field(9, "?"), Buffer.of(), ask.services());
  for (const answer of [unknown, empty]) {
    assert.deepEqual(errorOf(answer ?? assert.fail()), [status.UNIMPLEMENTED, "unknown kind of reflection request"]);
  }
  assert.equal(known?.field, 6);
});

test("a malformed request is INTERNAL, and the server lives", async (t) => {
  const { query } = await serve(t);
  await assert.rejects(query(Buffer.from([0xff])), { code: status.INTERNAL });
  assert.equal((await query(ask.services())).length, 1);
});

test("the contract is described once, at the first request", async (t) => {
  let described = 0;
  const describe = () => {
    described++;
    return descriptors;
  };
  const { query, open } = await serve(t, { describe });
  open().end();
  assert.equal((await query()).length, 0);
  assert.equal(described, 0);
  await query(ask.services(), ask.services());
  await query(ask.services());
  assert.equal(described, 1);
});

test("a contract that cannot be described is INTERNAL, logged, and tried again", async (t) => {
  let described = 0;
  const describe = () => {
    if (described++ === 0) {
      throw new Error("secret");
    }
    return descriptors;
  };
  const { query, log } = await serve(t, { describe });
  await assert.rejects(query(ask.services()), { code: status.INTERNAL, details: "internal error" });
  assert.equal((await query(ask.services())).length, 1);
  assert.equal(log.lines.length, 1);
  assert.match(JSON.stringify(log.lines[0]), /secret.*reflection\.test\.ts/);
});

test("streams end with OK when the server drains", async (t) => {
  const { drain, open } = await serve(t);
  const stream = open();
  stream.write(ask.services());
  const answers: Answer[] = [];
  for await (const answer of stream) {
    answers.push(answer);
    drain();
  }
  assert.equal(answers.length, 1);
});

test("a client that asks and does not read is answered no further until it reads", async (t) => {
  const bytes = Buffer.alloc(10_000);
  let answered = 0;
  const counting = Object.defineProperty(file("large.proto"), "bytes", {
    get: () => {
      answered++;
      return bytes;
    },
  });
  const { address, query } = await serve(t, { describe: () => ({ services: [], files: [counting] }) });
  // The clients of grpc-js read on, whether or not their stream is read.
  const session = connect(`http://${address}`);
  t.after(() => session.destroy());
  const { path } = reflectionProtocol("v1").ServerReflectionService.serverReflectionInfo;
  const stream = session.request({ ":method": "POST", ":path": path, "content-type": "application/grpc" });
  const request = ask.file("large.proto");
  const requests = 1_000;
  stream.write(Buffer.concat(Array(requests).fill(message(request))));
  await once(stream, "response");
  // The server has had time enough for the requests before once it has answered these.
  for (let round = 0; round < 100; round++) {
    await query(ask.services());
  }
  assert.ok(answered > 0 && answered < requests / 2, `${answered} answers`);

  stream.end();
  stream.resume();
  await once(stream, "end");
  assert.equal(answered, requests);
});
