/** Doc comments and names of tests in TypeScript sources. */
import { type Comment, type Node, parseSync, type TSType, type VariableDeclarator, Visitor } from "oxc-parser";

/** Part of a source that a person reads. */
export interface Prose {
  /** Number of its first line, from 1. */
  readonly line: number;
  readonly text: string;
}

/** Comment that starts with two asterisks, without its asterisks. */
export interface DocComment extends Prose {
  readonly subject: Subject;
}

/** Kind of declaration below a comment. A callback and the head of a file are `other`. */
type Subject = "function" | "noun" | "other";

/** Prose of a TypeScript source, in the order of the file. */
export interface SourceProse {
  readonly docComments: readonly DocComment[];
  /** Other comments. Those on consecutive lines are one. */
  readonly comments: readonly Prose[];
  /** Literals on one line. A substitution is `…`. */
  readonly strings: readonly Prose[];
  /** Arguments of errors and of the methods of loggers among the strings. */
  readonly messages: readonly Prose[];
  /** First arguments of `test()` and `describe()` among the strings. */
  readonly testNames: readonly Prose[];
}

const logMethods = ["trace", "debug", "info", "warn", "error", "fatal"];

/**
 * Reads the prose of a TypeScript source.
 *
 * @throws Error with file and line if the source does not parse.
 */
export function readTypeScript(file: string, source: string): SourceProse {
  const { program, comments, errors } = parseSync(file, source);
  const [error] = errors;
  if (error !== undefined) {
    throw new Error(`${file}:${lineAt(source, error.labels[0]?.start ?? 0)}: ${error.message}`);
  }
  const subjects = new Map<number, Subject>();
  const strings: Prose[] = [];
  const messages: Prose[] = [];
  const testNames: Prose[] = [];
  const read = (nodes: readonly Node[], list: Prose[]) => {
    for (const node of nodes) {
      const text = literalText(node);
      if (text !== undefined && !text.includes("\n")) {
        list.push({ line: lineAt(source, node.start), text });
      }
    }
  };
  const record = (node: Node) => {
    subjects.set(node.start, subjects.get(node.start) ?? subjectOf(node));
  };
  new Visitor({
    ExportNamedDeclaration: record,
    ExportDefaultDeclaration: record,
    FunctionDeclaration: record,
    TSDeclareFunction: record,
    VariableDeclaration: record,
    ClassDeclaration: record,
    TSInterfaceDeclaration: record,
    TSTypeAliasDeclaration: record,
    MethodDefinition: record,
    TSAbstractMethodDefinition: record,
    TSMethodSignature: record,
    TSCallSignatureDeclaration: record,
    PropertyDefinition: record,
    TSPropertySignature: record,
    Literal: (node) => read([node], strings),
    TemplateLiteral: (node) => read([node], strings),
    NewExpression({ callee, arguments: values }) {
      if (callee.type === "Identifier" && callee.name.endsWith("Error")) {
        read(values, messages);
      }
    },
    CallExpression({ callee, arguments: values }) {
      if (callee.type === "MemberExpression" && callee.property.type === "Identifier") {
        if (logMethods.includes(callee.property.name)) {
          read(values, messages);
        }
      } else if (callee.type === "Identifier" && ["test", "describe"].includes(callee.name)) {
        read(values.slice(0, 1), testNames);
      }
    },
  }).visit(program);
  return {
    docComments: comments.filter(isDocComment).map((comment) => ({
      ...readDocComment(source, comment),
      subject: subjects.get(nextToken(source, comment)) ?? "other",
    })),
    comments: joinLines(
      comments
        .filter((comment) => !isDocComment(comment))
        .map(({ value, start }) => ({ line: lineAt(source, start), text: value.trim() })),
    ),
    strings,
    messages,
    testNames,
  };
}

function subjectOf(node: Node): Subject {
  switch (node.type) {
    case "ExportNamedDeclaration":
    case "ExportDefaultDeclaration":
      return node.declaration ? subjectOf(node.declaration) : "other";
    case "FunctionDeclaration":
    case "TSDeclareFunction":
    case "TSCallSignatureDeclaration":
      return "function";
    case "MethodDefinition":
    case "TSAbstractMethodDefinition":
    case "TSMethodSignature":
      return node.kind === "get" || node.kind === "set" ? "other" : "function";
    case "VariableDeclaration":
      return subjectOfVariable(node.declarations[0]);
    case "TSTypeAliasDeclaration":
      return node.typeAnnotation.type === "TSFunctionType" ? "other" : "noun";
    case "ClassDeclaration":
    case "TSInterfaceDeclaration":
      return "noun";
    case "PropertyDefinition":
    case "TSPropertySignature":
      return isData(node.typeAnnotation?.typeAnnotation) ? "noun" : "other";
    default:
      return "other";
  }
}

function subjectOfVariable(variable: VariableDeclarator | undefined): Subject {
  if (isFunction(variable?.init)) {
    return "function";
  }
  const pattern = variable?.id;
  const type =
    pattern !== undefined && "typeAnnotation" in pattern ? pattern.typeAnnotation?.typeAnnotation : undefined;
  return type?.type === "TSFunctionType" ? "other" : "noun";
}

function isFunction(value: Node | null | undefined): boolean {
  return value?.type === "ArrowFunctionExpression" || value?.type === "FunctionExpression";
}

/** Tests for a type whose values a noun names. Of other types, a verb may describe the values: callbacks, switches. */
function isData(type: TSType | undefined): boolean {
  switch (type?.type) {
    case "TSStringKeyword":
    case "TSNumberKeyword":
    case "TSBigIntKeyword":
    case "TSLiteralType":
    case "TSUndefinedKeyword":
    case "TSNullKeyword":
    case "TSArrayType":
    case "TSTupleType":
      return true;
    case "TSTypeOperator":
      return isData(type.typeAnnotation);
    case "TSUnionType":
      return type.types.every(isData);
    default:
      return false;
  }
}

function literalText(node: Node): string | undefined {
  if (node.type === "TemplateLiteral") {
    return node.quasis.map(({ value }) => value.cooked).join("…");
  }
  return node.type === "Literal" && typeof node.value === "string" ? node.value : undefined;
}

/** Returns the offset of the token after a comment and after the other comments below it. */
function nextToken(source: string, { end }: Comment): number {
  const gap = /^(?:\s|\/\/.*|\/\*[\s\S]*?\*\/)*/.exec(source.slice(end))?.[0] ?? "";
  return end + gap.length;
}

function isDocComment({ type, value }: Comment): boolean {
  return type === "Block" && value.startsWith("*");
}

function readDocComment(source: string, { value, start }: Comment): Prose {
  const text = value.slice(1).replace(/^[^\S\n]*\*[^\S\n]?/gm, "");
  const indent = text.slice(0, text.length - text.trimStart().length);
  return { line: lineAt(source, start) + indent.split("\n").length - 1, text: text.trim() };
}

/** Joins comments on consecutive lines. */
function joinLines(comments: readonly Prose[]): Prose[] {
  const joined: Prose[] = [];
  for (const { line, text } of comments) {
    const last = joined.at(-1);
    if (last !== undefined && line === last.line + last.text.split("\n").length) {
      joined.splice(-1, 1, { line: last.line, text: `${last.text}\n${text}` });
    } else {
      joined.push({ line, text });
    }
  }
  return joined;
}

function lineAt(source: string, offset: number): number {
  return source.slice(0, offset).split("\n").length;
}
