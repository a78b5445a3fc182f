// @own-process: takes long, and runs beside the other tests.
import assert from "node:assert/strict";
import { test } from "node:test";
import { requires } from "@hello/testing/requires";
import { readTutorial, type TutorialPage } from "./tutorial-page.js";
import { python, TutorialReader } from "./tutorial-reader.js";

const read = (page: string) => readTutorial(new URL(`../../../../docs/${page}`, import.meta.url));
const english = read("tutorial.md");
const chinese = read("tutorial.zh-TW.md");
const skip = process.platform === "win32" ? "the commands are for a POSIX shell" : python.skip || requires("git").skip;

test("leads a reader from an empty folder to its end", { skip }, async () => {
  await using reader = new TutorialReader();
  await reader.follow(english);
});

// A reader of either page thus does the same.
test("has the same commands, snippets, headings and links in each language", () => {
  const withoutLanguage = ({ blocks, headings, links, stopsServerAtEnd }: TutorialPage) => ({
    blocks: blocks.map((block) => (block.language === "mermaid" ? { ...block, code: "" } : block)),
    headings,
    links: links.filter((link) => !link.startsWith("tutorial")),
    stopsServerAtEnd,
  });
  assert.ok(english.blocks.length > 30 && english.headings.length > 12);
  assert.deepEqual(withoutLanguage(chinese), withoutLanguage(english));
});
