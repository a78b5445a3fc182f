/**
 * Checks how doc comments and the names of tests open, from the root of the repository: a function with a verb in the
 * third person, a type or a value with a noun, and none with a question word, a pronoun or a preposition.
 */
import { readFileSync } from "node:fs";
import { listFiles } from "./prose/files.js";
import { checkComment, checkTestName } from "./prose/openings.js";
import { readTypeScript } from "./prose/typescript.js";

for (const file of listFiles(".").filter((path) => /\.[cm]?ts$/.test(path))) {
  const { comments, testNames } = readTypeScript(file, readFileSync(file, "utf8"));
  const findings = [
    ...comments.map((comment) => ({ ...comment, problem: checkComment(comment) })),
    ...testNames.map((name) => ({ ...name, problem: checkTestName(name.text) })),
  ];
  for (const { line, text, problem } of findings) {
    if (problem !== undefined) {
      console.error(`${file}:${line}: ${problem}: ${text.split("\n")[0]}`);
      process.exitCode = 1;
    }
  }
}
