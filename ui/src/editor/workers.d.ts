// What the editor's package does not describe of its own workers.

declare module "monaco-editor/language/typescript/ts.worker.js" {
  export class TypeScriptWorker {
    constructor(ctx: unknown, data: unknown);
    _getScriptText(fileName: string): string | undefined;
  }
  export function initialize(make: (ctx: unknown, data: unknown) => unknown): void;
}
declare module "monaco-editor/languages/definitions/javascript/register.js";
declare module "monaco-editor/languages/definitions/typescript/register.js";
declare module "monaco-editor/languages/features/json/register.js";
