/** Writes docs/messages.md, and the options of the server in docs/server.md. */
import { readFileSync, writeFileSync } from "node:fs";
import { run } from "@hello/testing/program";
import { serverMain } from "../server-process.js";
import { snippets } from "../snippets.js";
import { collectMessages, page } from "./collect-messages.js";

writeFileSync(page, await collectMessages());

const serverPage = new URL("../../../../docs/server.md", import.meta.url);
const [options = ""] = snippets(serverPage, "text");
const { stdout } = await run([process.execPath, serverMain, "--help"]);
writeFileSync(
  serverPage,
  readFileSync(serverPage, "utf8").replace(options, () => stdout),
);
process.exit();
