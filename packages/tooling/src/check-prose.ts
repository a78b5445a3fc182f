/**
 * Checks the English that people read in the given folders, or in the whole repository: Markdown files, and the comments
 * and strings of TypeScript sources. `prose/rules.ts` has the rules for sentences, `prose/openings.ts` those for doc
 * comments and the names of tests. Runs in the root of the repository.
 */
import { readFileSync } from "node:fs";
import { listFiles } from "./prose/files.js";
import { lintProse } from "./prose/lint.js";
import { checkDocComment, checkTestName } from "./prose/openings.js";
import { type Prose, readTypeScript, type SourceProse } from "./prose/typescript.js";

/** Fewest words of a string that is taken for English. */
const fewestWords = 4;

/** Files in another language, generated files, and tests whose strings break the rules. */
const skipped = /\.zh-TW\.md$|\/api\.md$|^packages\/tooling\/src\/(?:prose\/.+|check-prose)\.test\.ts$/;

async function main(): Promise<void> {
  const folders = process.argv.length > 2 ? process.argv.slice(2) : ["."];
  for (const file of folders.flatMap(listFiles).filter((path) => !skipped.test(path))) {
    const findings = file.endsWith(".md")
      ? await lintProse([{ line: 1, text: readFileSync(file, "utf8") }])
      : /\.[cm]?ts$/.test(file)
        ? await checkSource(readTypeScript(file, readFileSync(file, "utf8")))
        : [];
    for (const { line, text } of findings.sort((a, b) => a.line - b.line)) {
      console.error(`${file}:${line}: ${text}`);
      process.exitCode = 1;
    }
  }
}

async function checkSource({ docComments, comments, strings, testNames }: SourceProse): Promise<Prose[]> {
  const passages = [
    ...docComments.map((comment) => ({ ...comment, text: toMarkdown(comment.text) })),
    ...comments,
    ...strings.filter(({ text }) => text.split(" ").length >= fewestWords),
  ];
  return [...docComments.flatMap(checkDocComment), ...testNames.flatMap(checkTestName), ...(await lintProse(passages))];
}

/** Removes the tags of a doc comment, and turns its links into code. */
function toMarkdown(text: string): string {
  return text.replace(/^@(?:(?:param|template) \S+|\w+)/gm, "").replace(/\{@link ([^}]+)\}/g, "`$1`");
}

void main();
