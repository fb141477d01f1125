// Pieces of code that functions often need, offered while one writes.

import type * as Monaco from "monaco-editor/editor/editor.api.js";

const SNIPPETS: { label: string; detail: string; body: string }[] = [
  { label: "message", detail: "Send a text in place of the automatic message", body: '{ type: "systemMessage", text: "${1:text}" }' },
  { label: "transferSkill", detail: "Transfer to another skill", body: '{ type: "transfer", skillId: "${1:123456}" }' },
  { label: "transferAgent", detail: "Transfer to one agent", body: '{ type: "transfer", agentId: "${1:4711}" }' },
  { label: "close", detail: "Close the conversation", body: '{ type: "closeConversation" }' },
  { label: "answer", detail: "Answer with commands", body: "callback(null, [${1}]);" },
  { label: "silent", detail: "Nothing at all, not even the automatic message", body: "callback(null, []);" },
  { label: "secret", detail: "Read a secret", body: 'const { SecretClient } = require("core-functions-toolbelt");\nconst { value: ${1:key} } = await new SecretClient().readSecret("${2:name}");' },
  { label: "fetchJson", detail: "Ask a host of the allow-list", body: 'const response = await fetch("https://${1:api.example.com}/${2}");\nif (!response.ok) throw new Error(`answered \\${response.status}`);\nconst ${3:found} = await response.json();' },
];

export function registerSnippets(monaco: typeof Monaco): void {
  monaco.languages.registerCompletionItemProvider("javascript", {
    provideCompletionItems: (model, position) => {
      const word = model.getWordUntilPosition(position);
      const before = model.getValueInRange({ startLineNumber: position.lineNumber, startColumn: 1, endLineNumber: position.lineNumber, endColumn: word.startColumn });
      // Behind a dot only members make sense.
      if (/\.\s*$/.test(before)) return { suggestions: [] };
      const range = { startLineNumber: position.lineNumber, endLineNumber: position.lineNumber, startColumn: word.startColumn, endColumn: word.endColumn };
      return {
        suggestions: SNIPPETS.map(({ label, detail, body }) => ({
          label,
          detail,
          documentation: body.replace(/\$\{\d+:?([^}]*)\}/g, "$1"),
          kind: monaco.languages.CompletionItemKind.Snippet,
          insertText: body,
          insertTextRules: monaco.languages.CompletionItemInsertTextRule.InsertAsSnippet,
          range,
        })),
      };
    },
  });
}
