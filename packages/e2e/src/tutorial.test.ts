import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { requires } from "@hello/testing/requires";
import { readTutorial } from "./tutorial-page.js";
import { python, TutorialReader } from "./tutorial-reader.js";

const root = new URL("../../../", import.meta.url);
const pages = ["docs/tutorial.md", "docs/tutorial.zh-TW.md"];
const skip = process.platform === "win32" ? "the commands are for a POSIX shell" : python.skip || requires("git").skip;

describe("a reader reaches the end from an empty folder in", { concurrency: true, skip }, () => {
  for (const page of pages) {
    test(page, { timeout: 600_000 }, async () => {
      await using reader = new TutorialReader();
      await reader.follow(readTutorial(new URL(page, root)));
    });
  }
});

test("has the same commands, snippets, headings and links in each language", () => {
  const [english, chinese] = pages.map((page) => {
    const { blocks, headings, links } = readTutorial(new URL(page, root));
    const code = blocks.map(({ language, code, file }) => [language, file, language === "mermaid" ? "" : code]);
    return { code, headings, links: links.filter((link) => !link.startsWith("tutorial")) };
  });
  assert.ok((english?.code.length ?? 0) > 30 && (english?.headings.length ?? 0) > 12);
  assert.deepEqual(chinese, english);
});
