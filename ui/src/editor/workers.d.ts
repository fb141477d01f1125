// What the editor's package does not describe of its own workers and parts.

declare module "monaco-editor/language/typescript/ts.worker.js" {
  export class TypeScriptWorker {
    constructor(ctx: unknown, data: unknown);
    _getScriptText(fileName: string): string | undefined;
  }
  export function initialize(make: (ctx: unknown, data: unknown) => unknown): void;
}
declare module "monaco-editor/base/common/lifecycle.js" {
  export interface IDisposable {
    dispose: () => void;
  }
  export class DisposableStore implements IDisposable {
    add<One extends IDisposable>(one: One): One;
    dispose(): void;
  }
  export function toDisposable(dispose: () => void): IDisposable;
}
declare module "monaco-editor/base/common/observableInternal/reactions/autorun.js" {
  export function autorun(run: (reader: unknown) => void): { dispose: () => void };
}
declare module "monaco-editor/languages/definitions/javascript/register.js";
declare module "monaco-editor/languages/definitions/typescript/register.js";
declare module "monaco-editor/languages/features/json/register.js";
