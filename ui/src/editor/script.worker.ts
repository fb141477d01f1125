// The language service of the editor, with the types of what functions receive.

import { TypeScriptWorker, initialize } from "monaco-editor/language/typescript/ts.worker.js";
import { annotated, annotation, inward, outward } from "./lambda";

type Method = (fileName: string, ...rest: unknown[]) => Promise<unknown>;

/** How many places follow the file's name in what each question takes. */
const QUESTIONS: Record<string, number> = {
  getSyntacticDiagnostics: 0,
  getSemanticDiagnostics: 0,
  getSuggestionDiagnostics: 0,
  getNavigationTree: 0,
  getFormattingEditsForDocument: 0,
  getCompletionsAtPosition: 1,
  getCompletionEntryDetails: 1,
  getSignatureHelpItems: 1,
  getQuickInfoAtPosition: 1,
  getDocumentHighlights: 1,
  getDefinitionAtPosition: 1,
  getReferencesAtPosition: 1,
  findRenameLocations: 1,
  getRenameInfo: 1,
  getFormattingEditsAfterKeystroke: 1,
  getFormattingEditsForRange: 2,
  getCodeFixesAtPosition: 2,
  provideInlayHints: 2,
};

class FunctionWorker extends TypeScriptWorker {
  override _getScriptText(fileName: string): string | undefined {
    const text = super._getScriptText(fileName);
    return text === undefined ? undefined : annotated(text, annotation(fileName, text));
  }

  /** The author's own text of a file. */
  plainText(fileName: string): string {
    return super._getScriptText(fileName) ?? "";
  }
}

for (const [name, places] of Object.entries(QUESTIONS)) {
  const question = (TypeScriptWorker.prototype as unknown as Record<string, Method>)[name];
  if (!question) continue;
  const moved: Method = async function (this: FunctionWorker, fileName, ...rest) {
    const note = annotation(fileName, this.plainText(fileName));
    if (note === null) return question.call(this, fileName, ...rest);
    const asked = rest.map((part, at) => (at < places ? inward(part as number, note) : part));
    return outward(await question.call(this, fileName, ...asked), note, fileName);
  };
  (FunctionWorker.prototype as unknown as Record<string, Method>)[name] = moved;
}

self.onmessage = () => {
  initialize((ctx: unknown, data: unknown) => new FunctionWorker(ctx, data));
};
