import { fileURLToPath } from "node:url";
import { logVerbosity, setLogVerbosity } from "@grpc/grpc-js";
import { type Chapter, renderCatalogue } from "./catalogue.js";
import { collectClientExceptions } from "./client-exceptions.js";
import { mask } from "./mask.js";
import { listNotTriggered } from "./not-triggered.js";
import { collectRpcErrors } from "./rpc-errors.js";
import { collectServerExceptions } from "./server-exceptions.js";
import { collectServerLog } from "./server-log.js";
import { collectServerStatuses } from "./server-statuses.js";
import { collectTerminalMessages } from "./terminal.js";

/** Path of the catalogue. */
export const page = fileURLToPath(new URL("../../../../docs/messages.md", import.meta.url));

const introduction = `# Messages

Every message of the servers and clients, each with an example that a test has triggered. \`pnpm --filter e2e messages\`
writes this page. \`<port>\`, \`<time>\` and \`<folder>\` stand for values that differ from run to run. The options are listed
in [server.md](server.md#options) and [client.md](client.md).`;

/** Triggers every message, and renders the catalogue. */
export async function collectMessages(): Promise<string> {
  // Otherwise grpc-js prints about the servers that fail.
  setLogVerbosity(logVerbosity.NONE);
  const [programs, chapters] = await Promise.all([collectTerminalMessages(), collectInThisProcess()]);
  return renderCatalogue(introduction, [...programs, ...chapters, listNotTriggered()].map(maskChapter));
}

/** Triggers the messages one after another, so that none is late for its deadline. */
async function collectInThisProcess(): Promise<Chapter[]> {
  return [
    await collectClientExceptions(),
    await collectRpcErrors(),
    await collectServerExceptions(),
    await collectServerStatuses(),
    await collectServerLog(),
  ];
}

function maskChapter(chapter: Chapter): Chapter {
  const sections = chapter.sections.map((section) => ({
    ...section,
    examples: section.examples.map((example) => ({ ...example, message: mask(example.message) })),
  }));
  return { ...chapter, sections };
}
