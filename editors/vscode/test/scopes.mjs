// Colours sample.flow and sample.connector with the grammar, as VS Code does, and compares with what is pinned beside them;
// then colours all flows and connectors we ship, and looks for what would show that a rule went astray.
//
//   npm install && npm test            compare
//   npm test -- --accept               pin what comes out now; read the difference
import { readFileSync, readdirSync, writeFileSync, existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const require = createRequire(import.meta.url);
const textmate = require("vscode-textmate");
const oniguruma = require("vscode-oniguruma");
const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "../../..");

await oniguruma.loadWASM(readFileSync(require.resolve("vscode-oniguruma/release/onig.wasm")).buffer);
const registry = new textmate.Registry({
  onigLib: Promise.resolve({
    createOnigScanner: (patterns) => new oniguruma.OnigScanner(patterns),
    createOnigString: (text) => new oniguruma.OnigString(text),
  }),
  loadGrammar: async () => {
    const path = join(here, "../syntaxes/koppel.tmLanguage.json");
    return textmate.parseRawGrammar(readFileSync(path, "utf8"), path);
  },
});
const grammar = await registry.loadGrammar("source.koppel");

// Each token of a text with its scopes, and how deep the rules are nested behind each line.
function colour(text) {
  let stack = textmate.INITIAL;
  const lines = [];
  for (const line of text.split("\n")) {
    const { tokens, ruleStack } = grammar.tokenizeLine(line, stack);
    stack = ruleStack;
    const shown = tokens.map((token) => ({
      text: line.slice(token.startIndex, token.endIndex),
      scopes: token.scopes.slice(1).map((scope) => scope.replace(/\.koppel$/, "")),
    }));
    lines.push({ line, tokens: shown, depth: stack.depth });
  }
  return lines;
}

let failed = 0;
const fail = (words) => {
  failed += 1;
  console.error(words);
};

for (const name of ["sample.flow", "sample.connector"]) {
  const shown = colour(readFileSync(join(here, name), "utf8"))
    .flatMap(({ line, tokens }) => [
      `> ${line}`,
      ...tokens
        .filter((token) => token.text.trim() && token.scopes.length)
        .map((token) => `    ${token.text.trim()}  ${token.scopes.at(-1)}`),
    ])
    .join("\n");
  const pinned = join(here, `${name}.scopes`);
  if (process.argv.includes("--accept") || !existsSync(pinned)) {
    writeFileSync(pinned, `${shown}\n`);
  } else if (readFileSync(pinned, "utf8") !== `${shown}\n`) {
    fail(`${name} is coloured otherwise than pinned: npm test -- --accept, and read the difference`);
  }
}

for (const folder of ["flows", "connectors"]) {
  for (const name of readdirSync(join(root, folder)).filter((name) => /\.(flow|connector)$/.test(name))) {
    const lines = colour(readFileSync(join(root, folder, name), "utf8"));
    lines.forEach(({ line, tokens, depth }, at) => {
      const place = `${folder}/${name}:${at + 1}`;
      for (const { text, scopes } of tokens) {
        if (scopes.some((scope) => scope.startsWith("invalid"))) fail(`${place}: ${text} is called invalid`);
        const keyword = scopes.at(-1)?.startsWith("keyword") && /^\w+$/.test(text.trim());
        const before = line.slice(0, line.indexOf(text));
        if (keyword && before.endsWith(".")) fail(`${place}: the field ${text} is coloured as a word of the language`);
      }
      // Where a statement begins, nothing of the one above is open any more.
      if (/^[a-z]/.test(line) && at > 3 && lines[at - 1].line.trim() === "" && lines[at - 1].depth > 2) {
        fail(`${place}: a rule of the lines above is still open`);
      }
    });
  }
}
console.log(failed ? `${failed} wrong` : "the grammar colours as pinned");
process.exit(failed ? 1 : 0);
