import { isUtf8 } from "node:buffer";

/** Line of text, without its end. */
export interface Line {
  readonly text: string;
  /** Number of the line, from 1. */
  readonly line: number;
}

/** Input that cannot be read as lines of text. */
export class InputError extends Error {
  override readonly name = "InputError";
}

const newline = 0x0a;
const carriageReturn = 0x0d;
const byteOrderMark = Buffer.from("\ufeff");
const maxLineBytes = 2 ** 26;

/**
 * Yields lines of UTF-8 that end in LF or CRLF; the last one need not end. Drops a byte order mark before the first one.
 *
 * @throws InputError that names the line that is not valid UTF-8, or is longer than 64 MiB.
 */
export async function* readLines(input: AsyncIterable<Buffer>): AsyncGenerator<Line, void, undefined> {
  let line = 1;
  let rest: Buffer[] = [];
  let length = 0;
  const add = (part: Buffer) => {
    rest.push(part);
    length += part.length;
    if (length > maxLineBytes) {
      throw new InputError(`line ${line} is longer than ${maxLineBytes / 2 ** 20} MiB`);
    }
  };
  const take = (): Line => {
    const bytes = Buffer.concat(rest);
    if (!isUtf8(bytes)) {
      throw new InputError(`line ${line} is not valid UTF-8`);
    }
    const start = line === 1 && startsWithMark(bytes) ? byteOrderMark.length : 0;
    const end = bytes.length - (bytes.at(-1) === carriageReturn ? 1 : 0);
    rest = [];
    length = 0;
    return { text: bytes.toString("utf8", start, end), line: line++ };
  };
  for await (const chunk of input) {
    let start = 0;
    for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, start)) {
      add(chunk.subarray(start, end));
      yield take();
      start = end + 1;
    }
    if (start < chunk.length) {
      add(chunk.subarray(start));
    }
  }
  const isEmpty = line === 1 && length === byteOrderMark.length && startsWithMark(Buffer.concat(rest));
  if (length > 0 && !isEmpty) {
    yield take();
  }
}

function startsWithMark(bytes: Buffer): boolean {
  return bytes.subarray(0, byteOrderMark.length).equals(byteOrderMark);
}
