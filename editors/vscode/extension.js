// Starts `koppel lsp` and lets the editor speak with it; shows connectors that the program itself holds.
const vscode = require("vscode");
const { LanguageClient } = require("vscode-languageclient/node");

let client;

async function start(context) {
  const command = vscode.workspace.getConfiguration("koppel").get("server.path") || "koppel";
  const server = { command, args: ["lsp"] };
  client = new LanguageClient(
    "koppel",
    "koppel",
    { run: server, debug: server },
    {
      documentSelector: [
        { language: "koppel" },
        { scheme: "file", pattern: "**/*.rhai" },
        { scheme: "file", pattern: "**/koppel.toml" },
      ],
      // Texts of the program are asked for by `workspace/textDocumentContent`, below.
      initializationOptions: { textDocumentContent: true },
    },
  );
  try {
    await client.start();
  } catch (error) {
    const choice = await vscode.window.showErrorMessage(
      `koppel: \`${command} lsp\` could not be started: ${error.message ?? error}`,
      "Open settings",
    );
    if (choice) {
      await vscode.commands.executeCommand("workbench.action.openSettings", "koppel.server.path");
    }
  }
}

async function activate(context) {
  const provider = {
    async provideTextDocumentContent(uri) {
      const answer = await client?.sendRequest("workspace/textDocumentContent", { uri: uri.toString() });
      return answer?.text ?? "";
    },
  };
  context.subscriptions.push(
    vscode.workspace.registerTextDocumentContentProvider("koppel", provider),
    vscode.commands.registerCommand("koppel.restart", async () => {
      await client?.stop();
      await start(context);
    }),
  );
  await start(context);
}

function deactivate() {
  return client?.stop();
}

module.exports = { activate, deactivate };
