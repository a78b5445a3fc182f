/** The catalogue of messages, docs/messages.md. */

/** Message, and what leads to it. */
export interface Example {
  /** Markdown: code, a command or a short description. */
  readonly cause: string;
  readonly message: string;
  /** Level of a log line, or exit status of a program. */
  readonly level?: string | number;
}

/** Messages of one kind. */
export interface Section {
  /** Heading. Empty for the only section of a chapter. */
  readonly title: string;
  /** Introduction in Markdown. */
  readonly text: string;
  /** Titles of the columns of a table. Without them, each example is a command on a terminal. */
  readonly columns?: readonly string[];
  readonly examples: readonly Example[];
}

/** Place where a person meets messages. */
export interface Chapter {
  readonly title: string;
  readonly text: string;
  readonly sections: readonly Section[];
}

/** Renders the catalogue as Markdown. */
export function renderCatalogue(introduction: string, chapters: readonly Chapter[]): string {
  const blocks = chapters.flatMap(({ title, text, sections }) => [
    `## ${title}`,
    text,
    ...sections.flatMap((section) => [section.title && `### ${section.title}`, section.text, renderExamples(section)]),
  ]);
  return `${[introduction, ...blocks].filter((block) => block !== "").join("\n\n")}\n`;
}

function renderExamples({ columns, examples }: Section): string {
  if (columns === undefined) {
    return examples.map(renderCommand).join("\n\n");
  }
  const rows = examples.map(({ cause, level, message }) =>
    [cause.replaceAll("|", "\\|"), ...(level === undefined ? [] : [String(level)]), toCode(message)].join(" | "),
  );
  const head = [columns.join(" | "), columns.map(() => "---").join(" | ")];
  return [...head, ...rows].map((row) => `| ${row} |`).join("\n");
}

function renderCommand({ cause, level, message }: Example): string {
  return ["```console", `$ ${cause}`, message.trimEnd(), "$ echo $?", String(level), "```"].join("\n");
}

/** Formats a text as code in a cell of a table, a line at a time. */
export function toCode(text: string): string {
  return text
    .trimEnd()
    .split("\n")
    .map((line) => {
      const fence = line.includes("`") ? "``" : "`";
      return `${fence}${line.replaceAll("|", "\\|")}${fence}`;
    })
    .join("<br>");
}
