/** Writes docs/messages.md. */
import { writeFileSync } from "node:fs";
import { collectMessages, page } from "./collect-messages.js";

writeFileSync(page, await collectMessages());
process.exit();
