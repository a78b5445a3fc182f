import { isUtf8 } from "node:buffer";

/** A line of text, without its end. */
export interface Line {
  readonly text: string;
  /** Which one it is, from 1. */
  readonly line: number;
  /** Where the next line begins, in bytes from the start of the input. */
  readonly end: number;
}

/** Input that cannot be read as lines of text. */
export class InputError extends Error {
  override readonly name = "InputError";
}

const newline = 0x0a;
const carriageReturn = 0x0d;
const maxLineBytes = 2 ** 26;

/**
 * Reads lines of UTF-8 that end in LF or CRLF; the last one need not end.
 *
 * @throws InputError which names the line that is not valid UTF-8, or that is longer than 64 MiB.
 */
export async function* readLines(input: AsyncIterable<Buffer>): AsyncGenerator<Line, void, undefined> {
  let line = 0;
  let end = 0;
  let parts: Buffer[] = [];
  let length = 0;
  const add = (part: Buffer) => {
    parts.push(part);
    length += part.length;
    if (length > maxLineBytes) {
      throw new InputError(`line ${line + 1} is longer than ${maxLineBytes / 2 ** 20} MiB`);
    }
  };
  const take = (endLength: number): Line => {
    const [first] = parts;
    const bytes = parts.length === 1 && first !== undefined ? first : Buffer.concat(parts);
    line += 1;
    end += length + endLength;
    parts = [];
    length = 0;
    if (!isUtf8(bytes)) {
      throw new InputError(`line ${line} is not valid UTF-8`);
    }
    const textLength = bytes.length - (bytes.at(-1) === carriageReturn ? 1 : 0);
    return { text: bytes.toString("utf8", 0, textLength), line, end };
  };
  for await (const chunk of input) {
    let start = 0;
    for (let at = chunk.indexOf(newline); at !== -1; at = chunk.indexOf(newline, start)) {
      add(chunk.subarray(start, at));
      yield take(1);
      start = at + 1;
    }
    if (start < chunk.length) {
      add(chunk.subarray(start));
    }
  }
  if (length > 0) {
    yield take(0);
  }
}
