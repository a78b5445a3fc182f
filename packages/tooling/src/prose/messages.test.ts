import assert from "node:assert/strict";
import { test } from "node:test";
import { hasWords, isCovered, readCatalogue } from "./messages.js";

const page = `# Messages

\`\`\`console
$ clock --port x
clock: --port must be a number, not "x"
\`\`\`

| use | error |
| --- | --- |
| \`tell()\` | \`Error: the clock is 5 minutes late\`<br>\`it ticks \\| tocks\` |
| "a \`backtick\`" | \`\`invalid name "\`"\`\` |

## Not triggered

| reason | message |
| --- | --- |
| needs a storm | \`the mast of … is broken\` |
`;
const help = `Options:

\`\`\`text
  --zone <name>  Time zone, by its
                 full name.
\`\`\`
`;
const catalogue = readCatalogue(page, [help]);

const covered = [
  "the clock is … minutes late",
  " minutes late",
  "--port must be a number, not …",
  "it ticks | tocks",
  'invalid name "`"',
  "the mast of … is broken",
  "time zone, by its full name",
  "…: the clock is $1 minutes late",
];
for (const text of covered) {
  test(`finds ${JSON.stringify(text)}`, () => assert.equal(isCovered(text, catalogue), true));
}

const missing = [
  "the clock is early",
  "the clock is … late … tocks",
  "the mast of … is gone",
  "time zone, … full name",
];
for (const text of missing) {
  test(`misses ${JSON.stringify(text)}`, () => assert.equal(isCovered(text, catalogue), false));
}

test("lists the messages that are not triggered", () => {
  assert.deepEqual(catalogue.untriggered, ["the mast of … is broken"]);
});

test("takes a string with words and spaces for a message", () => {
  for (const text of ["the clock is late", "… needs …", " is late: "]) {
    assert.equal(hasWords(text), true, text);
  }
  for (const text of ["serving", "… …", ", ", " | ", "a b", "utf8"]) {
    assert.equal(hasWords(text), false, text);
  }
});
