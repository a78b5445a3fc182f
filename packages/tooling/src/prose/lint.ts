/** Linter of English prose, with remark to read Markdown and retext to read its sentences. */
import type { Root as Markdown } from "mdast";
import type { Root, Sentence } from "nlcst";
import { toString as textOf } from "nlcst-to-string";
import remarkGfm from "remark-gfm";
import remarkParse from "remark-parse";
import remarkRetext from "remark-retext";
import retextEnglish from "retext-english";
import retextIndefiniteArticle from "retext-indefinite-article";
import retextRepeatedWords from "retext-repeated-words";
import { type Plugin, unified } from "unified";
import { visit } from "unist-util-visit";
import { VFile } from "vfile";
import { checkSentence } from "./rules.js";
import type { Prose } from "./typescript.js";

/** Turns the cells of tables, which remark-retext would leave out, into paragraphs. */
const readTables: Plugin<[], Markdown> = () => (tree) => {
  visit(tree, (node) => {
    if (node.type === "table" || node.type === "tableRow") {
      Object.assign(node, { type: "blockquote" });
    } else if (node.type === "tableCell") {
      Object.assign(node, { type: "paragraph" });
    }
  });
};

const checkSentences: Plugin<[], Root> = () => (tree, file) => {
  visit(tree, "SentenceNode", (node: Sentence) => {
    const text = node.children.map((child) => (child.type === "SourceNode" ? "…" : textOf(child))).join("");
    // retext does not end a sentence before code and a lower-case name.
    for (const sentence of text.replace(/\s+/g, " ").split(/(?<=[.!?]) (?=…|grpc-js)/)) {
      for (const problem of checkSentence(sentence)) {
        file.message(problem, node);
      }
    }
  });
};

const retext = unified().use(retextEnglish);
retext.use(retextRepeatedWords).use(retextIndefiniteArticle).use(checkSentences);
const markdown = unified().use(remarkParse).use(remarkGfm).use(readTables).use(remarkRetext, retext).freeze();

/** Checks passages of one file, which are Markdown. Resolves with what is wrong, by line. */
export async function lintProse(passages: readonly Prose[]): Promise<Prose[]> {
  const lines = passages.flatMap(({ line, text }) => [
    ...text.split("\n").map((content, index) => ({ content, line: line + index })),
    { content: "", line },
  ]);
  const file = new VFile(lines.map(({ content }) => content).join("\n"));
  await markdown.run(markdown.parse(file), file);
  return file.messages.map(({ line = 1, reason }) => ({ line: lines[line - 1]?.line ?? 1, text: reason }));
}
