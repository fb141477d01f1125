// The editor, loaded when a page needs it: its parts, its workers, what it knows of functions, and its colours.

import * as monaco from "monaco-editor/editor/editor.api.js";
import "monaco-editor/features/register.all.js";
import "monaco-editor/languages/definitions/javascript/register.js";
import "monaco-editor/languages/features/json/register.js";
import { javascriptDefaults } from "monaco-editor/languages/features/typescript/register.js";
import EditorWorker from "monaco-editor/editor/editor.worker.js?worker";
import JsonWorker from "monaco-editor/languages/features/json/json.worker.js?worker";
import declarations from "../../../docs/reference/convoke.d.ts?raw";
import toolbeltOne from "../../../crates/convoke/types/lp-faas-toolbelt.d.ts?raw";
import toolbeltTwo from "../../../crates/convoke/types/core-functions-toolbelt.d.ts?raw";
import ScriptWorker from "./script.worker?worker";
import { registerSnippets } from "./snippets";

self.MonacoEnvironment = {
  getWorker: (_: string, label: string) => {
    if (label === "javascript") return new ScriptWorker();
    return label === "json" ? new JsonWorker() : new EditorWorker();
  },
};

javascriptDefaults.setCompilerOptions({
  target: 99,
  module: 1,
  moduleResolution: 2,
  allowJs: true,
  allowNonTsExtensions: true,
  strict: true,
  // What the sandbox has, not what a browser has.
  lib: ["esnext"],
});
// Mistakes in meaning are told by the server, which knows what runs; here only what cannot be read at all.
javascriptDefaults.setDiagnosticsOptions({ noSemanticValidation: true, noSyntaxValidation: false, noSuggestionDiagnostics: true });
javascriptDefaults.setEagerModelSync(true);
javascriptDefaults.setExtraLibs([
  { content: declarations, filePath: "file:///convoke.d.ts" },
  { content: toolbeltOne, filePath: "file:///lp-faas-toolbelt.d.ts" },
  { content: toolbeltTwo, filePath: "file:///core-functions-toolbelt.d.ts" },
  { content: GLOBALS(), filePath: "file:///sandbox.d.ts" },
]);
registerSnippets(monaco);

/** What else is there inside a function. */
function GLOBALS(): string {
  return `
declare function require(name: "lp-faas-toolbelt"): typeof import("lp-faas-toolbelt");
declare function require(name: "core-functions-toolbelt"): typeof import("core-functions-toolbelt");
declare function require(name: string): any;
/** What the function logs; kept with the run. */
declare const console: Record<"debug" | "info" | "log" | "warn" | "error", (message?: any, ...extras: any[]) => void>;
/** The environment variables of this function. */
declare const process: { env: Record<string, string | undefined> };
interface RequestInit { method?: string; headers?: Record<string, string>; body?: any; signal?: any }
interface Response {
  readonly ok: boolean; readonly status: number; readonly statusText: string; readonly headers: { get(name: string): string | null };
  json(): Promise<any>; text(): Promise<string>; arrayBuffer(): Promise<ArrayBuffer>;
}
/** Calls a host of the account's domain allow-list. */
declare function fetch(url: string, init?: RequestInit): Promise<Response>;
declare function setTimeout(run: () => void, milliseconds?: number): number;
declare function clearTimeout(timer: number): void;
declare function structuredClone<T>(value: T): T;
`;
}

const colours = (name: string): string => {
  const probe = document.createElement("span");
  probe.style.color = `var(${name})`;
  document.body.append(probe);
  const [red = 0, green = 0, blue = 0] = (getComputedStyle(probe).color.match(/\d+/g) ?? []).map(Number);
  probe.remove();
  return `#${[red, green, blue].map((part) => part.toString(16).padStart(2, "0")).join("")}`;
};

/** Makes the editor look like the page around it. */
export function applyTheme(dark: boolean): void {
  monaco.editor.defineTheme("convoke", {
    base: dark ? "vs-dark" : "vs",
    inherit: true,
    rules: dark ? [] : [{ token: "comment", foreground: "4f6b4f" }],
    colors: {
      "editor.background": colours("--pane"),
      "editorGutter.background": colours("--pane"),
      "editorLineNumber.foreground": colours("--soft"),
      "editorWidget.background": colours("--raised"),
      focusBorder: colours("--accent"),
    },
  });
  monaco.editor.setTheme("convoke");
}

export { monaco };
