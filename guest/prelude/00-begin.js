// The scope of the prelude's files: the globals as they are now, so that a source's own `const URL` changes nothing here.
//
// A top-level `const` of a script hides the global of its name from every script, the prelude's included.
(function (host, own) {
  'use strict';

  const IDENTIFIER = /^[A-Za-z_$][\w$]*$/;
  const KEPT = ['undefined', 'NaN', 'Infinity', 'eval'];

  /** Evaluates the text of a prelude file, to be called with `host` and `own`. */
  own.file = (text, name) => {
    const names = Object.getOwnPropertyNames(globalThis).filter((found) => IDENTIFIER.test(found) && !KEPT.includes(found));
    const scope = host.evaluate(`(function(${names.join(',')}){return (${text}\n)})`, name);
    return scope(...names.map((found) => globalThis[found]));
  };
})
