// Loaded before a program (--require), tells the file named by LOADED_MODULES which modules it had loaded when it ended.
const { writeFileSync } = require("node:fs");

process.on("exit", () => writeFileSync(process.env.LOADED_MODULES, JSON.stringify(Object.keys(require.cache))));
