/** First words of doc comments and of the names of tests. */
import type { DocComment } from "./typescript.js";

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

/** Explains why a doc comment opens badly. Returns `undefined` if it does not, or consists of tags. */
export function checkComment({ text, subject }: DocComment): string | undefined {
  if (text.startsWith("@")) {
    return undefined;
  }
  const [first = "", second = ""] = words(text);
  const plural = /^[A-Z][a-z-]*[^su]s$/.test(first);
  return wrong.has(first.toLowerCase()) ||
    (subject === "function" && (!plural || second === "of")) ||
    (subject === "noun" && plural && afterVerbs.test(second))
    ? advice[subject]
    : undefined;
}

/** Explains why the name of a test opens badly. Returns `undefined` if it does not. */
export function checkTestName(text: string): string | undefined {
  const [first = ""] = words(text);
  return wrong.has(first.toLowerCase()) ? 'say what happens, like "rejects a target without a host"' : undefined;
}

function words(text: string): string[] {
  return text.split(/[,;.:]*(?:\s+|$)/);
}
