// The editor's style sheets, made without style elements: the page's policy forbids those, so that nobody can put one into
// the page. Takes the place of the editor's own module of this kind (see vite.config.ts); what it hands out looks like a
// style element to the editor.

import { DisposableStore, type IDisposable, toDisposable } from "monaco-editor/base/common/lifecycle.js";
import { autorun } from "monaco-editor/base/common/observableInternal/reactions/autorun.js";

type Place = Document | ShadowRoot;
/** What has a value that can be read, and read again when it changes. */
interface Observable {
  read: (reader: unknown) => string;
}

class Sheet {
  className = "";
  readonly sheet = new CSSStyleSheet();
  #text = "";
  #place: Place | null = null;

  get textContent(): string {
    return this.#text;
  }

  set textContent(text: string) {
    this.#text = text;
    this.sheet.replaceSync(text);
  }

  adopt(place: Place): void {
    this.#place = place;
    place.adoptedStyleSheets = [...place.adoptedStyleSheets, this.sheet];
  }

  remove(): void {
    if (this.#place) this.#place.adoptedStyleSheets = this.#place.adoptedStyleSheets.filter((one) => one !== this.sheet);
    this.#place = null;
  }
}

/** A sheet for what is in `container`. */
export function createStyleSheet(container: Node = document.head, beforeAppend?: (style: Sheet) => void, disposables?: DisposableStore): Sheet {
  const style = new Sheet();
  beforeAppend?.(style);
  const root = container.getRootNode();
  // What is not on the page yet will be.
  style.adopt(root instanceof ShadowRoot ? root : document);
  disposables?.add(toDisposable(() => style.remove()));
  return style;
}

let shared: Sheet | null = null;

export function createCSSRule(selector: string, cssText: string, style: Sheet = (shared ??= createStyleSheet())): void {
  if (cssText) style.sheet.insertRule(`${selector} {${cssText}}`, 0);
}

export function removeCSSRulesContainingSelector(ruleName: string, style: Sheet | null = shared): void {
  const rules = [...(style?.sheet.cssRules ?? [])];
  for (let at = rules.length - 1; at >= 0; at -= 1) {
    const rule = rules[at];
    if (rule instanceof CSSStyleRule && rule.selectorText.includes(ruleName)) style?.sheet.deleteRule(at);
  }
}

export function createStyleSheetFromObservable(css: Observable): IDisposable {
  const store = new DisposableStore();
  const style = createStyleSheet(document.head, undefined, store);
  store.add(
    autorun((reader) => {
      style.textContent = css.read(reader);
    }),
  );
  return store;
}
