/** Comparison of the strings in sources with the catalogue of messages. */

/** Heading of the part of the catalogue whose messages no test triggers. */
const untriggeredHeading = "## Not triggered";

/** Texts in which the strings of sources have to occur. */
export interface Catalogue {
  /** Messages as people see them. */
  readonly messages: readonly string[];
  /** Messages that no test triggers, in the form of the source, with `…` for each substitution. */
  readonly untriggered: readonly string[];
  /** Help texts of the programs. */
  readonly helpTexts: readonly string[];
}

/**
 * Reads the catalogue.
 *
 * @param page Markdown of the catalogue: messages are code in tables, and lines of blocks of code.
 * @param helpPages Markdown whose blocks of code have the help texts.
 */
export function readCatalogue(page: string, helpPages: readonly string[]): Catalogue {
  const [triggered = "", untriggered = ""] = page.split(untriggeredHeading);
  return {
    messages: [...codeOfCells(triggered), ...codeBlocks(triggered).flatMap((block) => block.split("\n"))],
    untriggered: codeOfCells(untriggered),
    helpTexts: [page, ...helpPages].flatMap(codeBlocks).map((block) => block.replace(/\s+/g, " ")),
  };
}

function codeOfCells(markdown: string): string[] {
  const rows = markdown.split("\n").filter((line) => line.startsWith("| "));
  return rows.flatMap((row) =>
    [...row.matchAll(/(`+)(.+?)\1(?!`)/g)].map(([, , code = ""]) => code.replaceAll("\\|", "|")),
  );
}

function codeBlocks(markdown: string): string[] {
  return [...markdown.matchAll(/^```\w*\n([\s\S]*?)^```$/gm)].map(([, block = ""]) => block);
}

/** Returns whether a string of a source has words, so that a person may read it. */
export function hasWords(text: string): boolean {
  return /[A-Za-z]{2}/.test(text) && /\S \S/.test(text.trim());
}

/** Returns whether a catalogue has a string, whose substitutions are `…`. */
export function isCovered(text: string, { messages, untriggered, helpTexts }: Catalogue): boolean {
  const parts = text.trim().split(/…|\$[\d&]/);
  const words = parts.filter((part) => part !== "");
  const pattern = new RegExp(words.map(escapePattern).join(".*"), "i");
  return (
    untriggered.includes(text.trim()) ||
    messages.some((message) => pattern.test(message)) ||
    (parts.length === 1 && helpTexts.some((help) => pattern.test(help)))
  );
}

function escapePattern(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}
