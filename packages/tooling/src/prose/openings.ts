/** First words of doc comments and of the names of tests. */
import type { DocComment, Prose } from "./typescript.js";

const wrong = new Set(
  [
    "what how whether who whom whose which when where why",
    "that this these those it its they there here",
    "about after as at before by during for from if in inside into of on since through to under until while with within",
  ].flatMap((line) => line.split(" ")),
);

/** Words that follow a verb, as in "Returns the", and no noun in the plural. */
const afterVerbs = /^(?:an?|the|each|every|all|whether|how|what|its|one|no)$/;

const advice = {
  function: 'start with a verb in the third person, like "Returns"',
  noun: 'start with a noun, like "Number of calls"',
  other: 'start with a noun, or with a verb like "Returns"',
};

/** Returns the comment with what to do if it opens badly. One that consists of tags has no opening. */
export function checkDocComment({ line, text, subject }: DocComment): Prose[] {
  if (text.startsWith("@")) {
    return [];
  }
  const [first = "", second = ""] = words(text);
  const plural = /^[A-Z][a-z-]*[^su]s$/.test(first);
  return wrong.has(first.toLowerCase()) ||
    (subject === "function" && (!plural || second === "of")) ||
    (subject === "noun" && plural && afterVerbs.test(second))
    ? [{ line, text: `"${text.split("\n")[0]}": ${advice[subject]}` }]
    : [];
}

/** Returns the name of a test with what to do if it opens badly. */
export function checkTestName({ line, text }: Prose): Prose[] {
  const [first = ""] = words(text);
  return wrong.has(first.toLowerCase())
    ? [{ line, text: `"${text}": say what happens, like "rejects a target without a host"` }]
    : [];
}

function words(text: string): string[] {
  return text.split(/[,;.:]*(?:\s+|$)/);
}
