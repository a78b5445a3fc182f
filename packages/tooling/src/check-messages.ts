/**
 * Checks, from the root of the repository, that docs/messages.md has every message of the packages to publish. Strings of
 * several words in their sources, and those in errors and log lines, must occur there or in the help text on docs/server.md.
 */
import { readFileSync } from "node:fs";
import { listFiles } from "./prose/files.js";
import { hasWords, isCovered, readCatalogue } from "./prose/messages.js";
import { readTypeScript } from "./prose/typescript.js";

const products = ["grpc-common", "grpc-server", "grpc-client", "proto", "server", "client"];

/** Strings of several words that no person sees, or only as a part of another text. */
const noMessages: ReadonlySet<string> = new Set([
  // Values of the documentation and of help texts.
  "true, false",
  "… or more",
  ", default …",
  // Texts of grpc-js that the client rewords.
  "Bandwidth exhausted or memory limit exceeded",
  "Deadline exceeded after ",
  "waiting for name resolution",
  // Errors that the runtime catches itself.
  "the call has ended",
  "the caller stopped reading the stream",
  "the lookup of … failed with …",
  "the method is unknown",
  // Names and descriptions in telemetry.
  "OpenTelemetry Context Key SPAN",
  "Compressed bytes of all request messages of an RPC",
  "Compressed bytes of all request messages of an RPC attempt",
  "Compressed bytes of all response messages of an RPC",
  "Compressed bytes of all response messages of an RPC attempt",
  "Duration of an RPC attempt, including the time to pick a connection",
  "Duration of an RPC from the application's perspective, including retries",
  "RPC attempts started, including those that have not completed",
  "RPCs started, including those that have not completed",
  "Time that an RPC takes from the server transport's perspective",
]);

const [page = "", ...helpPages] = ["messages", "server"].map((name) => readFileSync(`docs/${name}.md`, "utf8"));
const catalogue = readCatalogue(page, helpPages);
const sources = products
  .flatMap((name) => listFiles(`packages/${name}/src`))
  .filter((file) => /(?<!\.test)\.ts$/.test(file))
  .map((file) => ({ file, ...readTypeScript(file, readFileSync(file, "utf8")) }));
const strings = sources.flatMap(({ file, strings, messages }) =>
  [...strings.filter(({ text }) => hasWords(text)), ...messages.filter(({ text }) => !hasWords(text))].map(
    (string) => ({ ...string, file }),
  ),
);

for (const { file, line, text } of strings) {
  if (!noMessages.has(text) && !isCovered(text, catalogue)) {
    report(`${file}:${line}: docs/messages.md does not have the message "${text}"`);
  }
}
const texts = new Set(strings.map(({ text }) => text.trim()));
for (const text of [...noMessages, ...catalogue.untriggered]) {
  if (!texts.has(text.trim())) {
    report(`no source has the message "${text}", which docs/messages.md or check-messages.ts lists`);
  }
}

function report(problem: string): void {
  console.error(problem);
  process.exitCode = 1;
}
