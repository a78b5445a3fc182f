import { spawnSync } from "node:child_process";

/** Programs that tests need and npm does not install: names, a command that succeeds if it works, Debian packages. */
const tools = {
  h2load: { programs: ["h2load"], attempt: ["--version"], packages: "nghttp2-client" },
  haproxy: { programs: ["haproxy", "/usr/sbin/haproxy"], attempt: ["-v"], packages: "haproxy" },
  nginx: { programs: ["nginx", "/usr/sbin/nginx"], attempt: ["-v"], packages: "nginx" },
  git: { programs: ["git"], attempt: ["--version"], packages: "git" },
  perl: { programs: ["perl"], attempt: ["--version"], packages: "perl" },
  // util-linux's, which runs a program in a terminal of its own; BSD's takes other options.
  script: { programs: ["script"], attempt: ["--version"], packages: "bsdutils" },
  openssl: { programs: ["openssl"], attempt: ["version"], packages: "openssl" },
  "python3-grpcio": {
    // The first Python on the PATH need not be Debian's.
    programs: ["python3", "/usr/bin/python3"],
    attempt: ["-c", "import grpc, google.protobuf"],
    packages: "python3-grpcio python3-protobuf",
  },
};

/** Program that a machine may lack. */
export type Tool = keyof typeof tools;

/** Tool on this machine. */
export interface Requirement {
  /** Command that runs it. */
  readonly program: string;
  /** For node:test: false, or the reason to skip a test, with how to install the tool. */
  readonly skip: string | false;
}

/**
 * Finds a tool that npm cannot install. Tests that need it are skipped if it is missing, except in CI, where a skipped
 * test is a failure.
 *
 *     const nginx = requires("nginx");
 *     test("calls pass through nginx", { skip: nginx.skip }, async () => { await run([nginx.program, "-v"]); });
 */
export function requires(tool: Tool): Requirement {
  const { programs, attempt, packages } = tools[tool];
  const program = programs.find((program) => spawnSync(program, attempt).status === 0);
  return program === undefined
    ? { program: tool, skip: `${tool} is missing: apt-get install ${packages}, then pnpm test --force` }
    : { program, skip: false };
}
