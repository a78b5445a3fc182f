import assert from "node:assert/strict";
import { test } from "node:test";
import { type Line, readLines } from "./read-lines.js";

async function lines(...chunks: (string | readonly number[])[]): Promise<Line[]> {
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

async function texts(...chunks: (string | readonly number[])[]): Promise<string[]> {
  return (await lines(...chunks)).map(({ text }) => text);
}

test("lines end in LF or CRLF, and the last one need not end", async () => {
  assert.deepEqual(await texts("Ada\nGrace\r\nAlan"), ["Ada", "Grace", "Alan"]);
  assert.deepEqual(await texts("Ada\n"), ["Ada"]);
  assert.deepEqual(await texts("Ada\r"), ["Ada"]);
  assert.deepEqual(await texts("A\rda\n"), ["A\rda"]);
});

test("an empty line is an empty text, and an empty input no line", async () => {
  assert.deepEqual(await texts("\n\r\n"), ["", ""]);
  assert.deepEqual(await texts(), []);
  assert.deepEqual(await texts(""), []);
});

test("drops a byte order mark before the first line, and no other", async () => {
  const mark = "\ufeff";
  assert.deepEqual(await texts(`${mark}Ada\r\n${mark}Grace\n`), ["Ada", `${mark}Grace`]);
  assert.deepEqual(await texts(`${mark}${mark}Ada`), [`${mark}Ada`]);
  assert.deepEqual(await texts(`${mark}\nAda`), ["", "Ada"]);
  assert.deepEqual(await texts(mark), []);
  assert.deepEqual(await texts([0xef], [0xbb], [0xbf, 0x41]), ["A"]);
});

test("lines are the same wherever the input is cut", async () => {
  const bytes = [...Buffer.from("Ada\r\n世界\n\n👩🏽‍🚀")];
  const expected = await lines(bytes);
  assert.deepEqual(
    expected.map(({ text }) => text),
    ["Ada", "世界", "", "👩🏽‍🚀"],
  );
  for (let at = 0; at <= bytes.length; at += 1) {
    assert.deepEqual(await lines(bytes.slice(0, at), bytes.slice(at)), expected);
  }
  assert.deepEqual(await lines(...bytes.map((byte) => [byte])), expected);
});

test("each line has its number", async () => {
  assert.deepEqual(await lines("é\r\n", "\nb"), [
    { text: "é", line: 1 },
    { text: "", line: 2 },
    { text: "b", line: 3 },
  ]);
});

test("a line that is not UTF-8 is refused by its number, after those before it", async () => {
  const read = readLines(input(["Ada\n", [0xff, 0x0a], "Grace\n"]));
  assert.equal((await read.next()).value?.text, "Ada");
  await assert.rejects(read.next(), { name: "InputError", message: "line 2 is not valid UTF-8" });
  for (const bytes of [
    [0xc3], // cut short
    [0xed, 0xa0, 0x80], // a surrogate
    [0xc0, 0x80], // longer than it need be
  ]) {
    await assert.rejects(lines("Ada\n", bytes), { message: "line 2 is not valid UTF-8" });
  }
});

test("a line without an end is refused before it fills the memory", async () => {
  async function* endless() {
    const chunk = Buffer.alloc(2 ** 20);
    for (;;) {
      yield chunk;
    }
  }
  await assert.rejects(readLines(endless()).next(), { message: "line 1 is longer than 64 MiB" });
});
