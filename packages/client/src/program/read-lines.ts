import { isUtf8 } from "node:buffer";

/** Line of text, without its line ending. */
export interface Line {
  readonly text: string;
  /** Line number, starting at 1. */
  readonly line: number;
}

/** Error for input that cannot be read as lines of text. */
export class InputError extends Error {
  override readonly name = "InputError";
}

const newline = 0x0a;
const carriageReturn = 0x0d;
const byteOrderMark = Buffer.from("\ufeff");
const maxLineBytes = 2 ** 26;

/**
 * Yields the lines of UTF-8 text. A line ends in LF or CRLF, which the last one may lack. Drops a leading byte order mark.
 *
 * @throws InputError with the line number if a line is not valid UTF-8 or is longer than 64 MiB.
 */
export async function* readLines(input: AsyncIterable<Buffer>): AsyncGenerator<Line, void, undefined> {
  let line = 1;
  let parts: Buffer[] = [];
  let length = 0;
  const append = (part: Buffer) => {
    parts.push(part);
    length += part.length;
    if (length > maxLineBytes) {
      throw new InputError(`line ${line} is longer than ${maxLineBytes / 2 ** 20} MiB`);
    }
  };
  const takeLine = (): Line => {
    const bytes = Buffer.concat(parts);
    if (!isUtf8(bytes)) {
      throw new InputError(`line ${line} is not valid UTF-8`);
    }
    const start = line === 1 && startsWithByteOrderMark(bytes) ? byteOrderMark.length : 0;
    const end = bytes.length - (bytes.at(-1) === carriageReturn ? 1 : 0);
    parts = [];
    length = 0;
    return { text: bytes.toString("utf8", start, end), line: line++ };
  };
  for await (const chunk of input) {
    let start = 0;
    for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, start)) {
      append(chunk.subarray(start, end));
      yield takeLine();
      start = end + 1;
    }
    if (start < chunk.length) {
      append(chunk.subarray(start));
    }
  }
  const hasOnlyMark = line === 1 && length === byteOrderMark.length && startsWithByteOrderMark(Buffer.concat(parts));
  if (length > 0 && !hasOnlyMark) {
    yield takeLine();
  }
}

function startsWithByteOrderMark(bytes: Buffer): boolean {
  return bytes.subarray(0, byteOrderMark.length).equals(byteOrderMark);
}
