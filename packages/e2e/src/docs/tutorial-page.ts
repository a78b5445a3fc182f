import { readFileSync } from "node:fs";

/** Code block of the tutorial. */
export interface Block {
  readonly language: string;
  readonly code: string;
  /** Path of the last file named in the text between the previous block and this one. */
  readonly file: string | undefined;
  /** True if the text tells the reader to stop the server first. */
  readonly stopsServer: boolean;
}

/** Parsed page of the tutorial. */
export interface TutorialPage {
  readonly blocks: readonly Block[];
  /** True if the text after the last block tells the reader to stop the server. */
  readonly stopsServerAtEnd: boolean;
  /** Number of `#` of each heading. */
  readonly headings: readonly number[];
  /** Targets of its links. */
  readonly links: readonly string[];
}

/** Reads a page of the tutorial. */
export function readTutorial(url: URL): TutorialPage {
  const page = readFileSync(url, "utf8");
  const [end = "", ...rest] = page.split(/^```(\w+)\n(.*?)^```$/ms).reverse();
  const blocks: Block[] = [];
  for (let index = rest.length - 1; index > 0; index -= 3) {
    const [text = "", language = "", code = ""] = [rest[index], rest[index - 1], rest[index - 2]];
    const file = [...text.matchAll(/`([\w.-]+(?:\/[\w.-]+)+)`/g)].at(-1)?.[1];
    blocks.push({ language, code, file, stopsServer: text.includes("Ctrl-C") });
  }
  const prose = page.replaceAll(/^```\w+\n.*?^```$/gms, "");
  return {
    blocks,
    stopsServerAtEnd: end.includes("Ctrl-C"),
    headings: [...prose.matchAll(/^(#+) /gm)].map(([, hashes = ""]) => hashes.length),
    links: [...prose.matchAll(/\]\(([^)]+)\)/g)].map(([, target = ""]) => target),
  };
}

/** Splits a console block into commands, each with the output printed below it. */
export function commandsOf(code: string): { readonly command: string; readonly output: string }[] {
  return code
    .split(/^\$ /m)
    .slice(1)
    .map((text) => {
      const [command = "", ...output] = text.split("\n");
      return { command, output: output.join("\n") };
    });
}

/** Returns whether an output matches the page. A line `…` matches any lines; white space may differ in length. */
export function matchesOutput(printed: string, output: string): boolean {
  const pattern = printed
    .trim()
    .split("\n")
    .map((line) => {
      const text = line
        .trim()
        .replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&")
        .replaceAll(/ +/g, " +");
      return line === "…" ? "(?:.*\\n)*?" : `[ \\t]*${text}\\n`;
    });
  return new RegExp(`^${pattern.join("")}$`).test(output);
}

/**
 * Finds the first part of an excerpt that is missing in a file. A line `// …` stands for omitted lines.
 *
 * @returns undefined if no part is missing.
 */
export function missingFrom(content: string, excerpt: string): string | undefined {
  const withoutTrailingSpace = content.replaceAll(/[ \t]+$/gm, "");
  let from = 0;
  for (const part of excerpt.split(/^ *\/\/ …\n/m)) {
    const index = withoutTrailingSpace.indexOf(part, from);
    if (index === -1) {
      return part;
    }
    from = index + part.length;
  }
  return undefined;
}

/**
 * Applies a diff without line numbers.
 *
 * @throws Error unless its context and removed lines are in the file exactly once.
 */
export function applyDiff(content: string, diff: string): string {
  const lines = diff.trimEnd().split("\n");
  const side = (sign: string) =>
    lines
      .filter((line) => line === "" || " ".concat(sign).includes(line.charAt(0)))
      .map((line) => `${line.slice(1)}\n`);
  const [before, after] = [side("-").join(""), side("+").join("")];
  if (content.split(before).length !== 2) {
    throw new Error(`the diff does not apply:\n${diff}`);
  }
  return content.replace(before, () => after);
}
