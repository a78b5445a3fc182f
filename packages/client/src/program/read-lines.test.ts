import assert from "node:assert/strict";
import { test } from "node:test";
import { type Line, readLines } from "./read-lines.js";

async function readAll(...chunks: (string | readonly number[])[]): Promise<Line[]> {
  const read: Line[] = [];
  for await (const line of readLines(input(chunks))) {
    read.push(line);
  }
  return read;
}

async function* input(chunks: readonly (string | readonly number[])[]): AsyncGenerator<Buffer> {
  for (const chunk of chunks) {
    yield typeof chunk === "string" ? Buffer.from(chunk) : Buffer.from(chunk);
  }
}

async function readTexts(...chunks: (string | readonly number[])[]): Promise<string[]> {
  return (await readAll(...chunks)).map(({ text }) => text);
}

test("splits lines at LF and CRLF, and yields a last line without an ending", async () => {
  assert.deepEqual(await readTexts("Ada\nGrace\r\nAlan"), ["Ada", "Grace", "Alan"]);
  assert.deepEqual(await readTexts("Ada\n"), ["Ada"]);
  assert.deepEqual(await readTexts("Ada\r"), ["Ada"]);
  assert.deepEqual(await readTexts("A\rda\n"), ["A\rda"]);
});

test("yields an empty text for an empty line, and nothing for empty input", async () => {
  assert.deepEqual(await readTexts("\n\r\n"), ["", ""]);
  assert.deepEqual(await readTexts(), []);
  assert.deepEqual(await readTexts(""), []);
});

test("drops only a leading byte order mark", async () => {
  const mark = "\ufeff";
  assert.deepEqual(await readTexts(`${mark}Ada\r\n${mark}Grace\n`), ["Ada", `${mark}Grace`]);
  assert.deepEqual(await readTexts(`${mark}${mark}Ada`), [`${mark}Ada`]);
  assert.deepEqual(await readTexts(`${mark}\nAda`), ["", "Ada"]);
  assert.deepEqual(await readTexts(mark), []);
  assert.deepEqual(await readTexts([0xef], [0xbb], [0xbf, 0x41]), ["A"]);
});

test("yields the same lines however the input is split into chunks", async () => {
  const bytes = [...Buffer.from("Ada\r\n世界\n\n👩🏽‍🚀")];
  const expected = await readAll(bytes);
  assert.deepEqual(
    expected.map(({ text }) => text),
    ["Ada", "世界", "", "👩🏽‍🚀"],
  );
  for (let index = 0; index <= bytes.length; index += 1) {
    assert.deepEqual(await readAll(bytes.slice(0, index), bytes.slice(index)), expected);
  }
  assert.deepEqual(await readAll(...bytes.map((byte) => [byte])), expected);
});

test("numbers the lines", async () => {
  assert.deepEqual(await readAll("é\r\n", "\nb"), [
    { text: "é", line: 1 },
    { text: "", line: 2 },
    { text: "b", line: 3 },
  ]);
});

test("yields the lines before one that is not UTF-8, and reports its number", async () => {
  const read = readLines(input(["Ada\n", [0xff, 0x0a], "Grace\n"]));
  assert.equal((await read.next()).value?.text, "Ada");
  await assert.rejects(read.next(), { name: "InputError", message: "line 2 is not valid UTF-8" });
  for (const bytes of [
    [0xc3], // a truncated character
    [0xed, 0xa0, 0x80], // a surrogate
    [0xc0, 0x80], // an overlong encoding
  ]) {
    await assert.rejects(readAll("Ada\n", bytes), { message: "line 2 is not valid UTF-8" });
  }
});

test("rejects a line without an ending before it fills the memory", async () => {
  async function* endless() {
    const chunk = Buffer.alloc(2 ** 20);
    for (;;) {
      yield chunk;
    }
  }
  await assert.rejects(readLines(endless()).next(), { message: "line 1 is longer than 64 MiB" });
});
