/**
 * Rules about the English of this repository, besides doubled words and "a" or "an". A rule is here because its findings
 * are nearly always mistakes.
 */

/** Most words in a sentence. */
const maxWords = 35;

/** Patterns that a sentence must not contain, each with what to do instead. */
const phrases: readonly (readonly [RegExp, string])[] = [
  [
    /\b(?:whence|whither|there(?:of|in|by)|here(?:in|by)|where(?:of|in|by)|hence|anew|albeit|lest|upon)\b/i,
    "use an everyday word",
  ],
  [/\b(?:whilst|amongst|nought|heed(?:s|ed|ing)?|farewell|hurry|deadly|nobody)\b/i, "use an everyday word"],
  [/(?<!\bthere )\b(?:is|are|be|was|were) none\b/i, 'say what is missing, like "the host is missing"'],
  [/(?<!\bthere )\b(?:is|are) no (?!longer\b|more\b|\w+er\b)\w+/i, 'write "is not a …" or "has no …"'],
  [/\btells (?:how|if|that|what|when|whether|which|why)\b/i, 'write "returns", "reports" or "shows"'],
  [/\b(?:of|than) what (?:is|was|are|were|it|they|the)\b/i, "name the thing"],
  [/\b(?:so|as) long (?:after|before)\b/i, "name the time"],
  [/\b(?:at|in) one go\b/i, 'write "at once" or "together"'],
  [/\bof (?:its|their) own\b/i, 'write "its own …" or "a separate …"'],
  [/\bas well\b(?! as)/i, 'write "also" or "too"'],
  [/\ball that\b/i, 'write "everything that", or name the things'],
  [/\b(?:be it|be they)\b/i, 'write "whether … or …"'],
  [/\byet to come\b/i, 'write "later" or "next"'],
  [/\b(?:say|says|saying|said) (?:nothing|so)\b/i, "write what is sent, printed or logged"],
  [/\b(?:what|that|which) (?:is|was|are|were) asked for\b/i, "name the thing"],
  [/\b(?:very|quite|really|basically|actually|obviously|clearly|simply|easily|of course)\b/i, "leave it out"],
  [/^there (?:is|are|was|were|will be|must be|may be|can be)\b/i, "start with the subject"],
  [
    /^(?:nor|not only|not until|only (?:then|when|after|if|with)|neither (?:do|does|is|are))\b/i,
    "start with the subject",
  ],
  [/^[^={}]*;[^={}]*;[^={}]*$/, "two semicolons: split the sentence"],
];

/** Yields a line for each rule that a sentence breaks. A piece of code in it is `…`. */
export function* checkSentence(sentence: string): Generator<string> {
  for (const [pattern, advice] of phrases) {
    const [match] = pattern.exec(sentence) ?? [];
    if (match !== undefined) {
      yield `"${match.slice(0, 60)}": ${advice}`;
    }
  }
  const words = sentence.split(/\s+/).filter((word) => /[\w…]/.test(word)).length;
  if (words > maxWords) {
    yield `a sentence of ${words} words, more than ${maxWords}: split it: "${sentence.slice(0, 60)}…"`;
  }
}
