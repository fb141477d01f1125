// For inspected runs: where the function is, statement by statement, and what could be seen where it threw.
(function (host, own) {
  'use strict';

  const { stringify, shown, uncurry } = own;
  const INSPECTED = 5;
  /** The newest statements are kept. */
  const STATEMENTS_MAX = 1000;
  const FRAME = /(?:module:)?([^\s(:]+):(\d+):\d+\)?$/;
  const split = uncurry(String.prototype.split);
  const exec = uncurry(RegExp.prototype.exec);
  const keysOf = Object.keys;
  const places = [];
  let count = 0;

  own.define('__convokeAt', (file, line, seen) => {
    places[count++ % STATEMENTS_MAX] = { __proto__: null, file, line, seen };
  });

  const newest = (back) => places[(count - 1 - back) % STATEMENTS_MAX];

  /** The place at which an error was thrown: the newest one on the line of its innermost frame, else the newest. */
  function placeOf(error) {
    let frames;
    try {
      frames = split(own.text(error.stack), '\n');
    } catch {
      return newest(0);
    }
    for (let i = 0; i < frames.length; i++) {
      const frame = exec(FRAME, frames[i]);
      for (let back = 0; frame && back < count && back < STATEMENTS_MAX; back++) {
        const place = newest(back);
        if (place.file === frame[1] && place.line === +frame[2]) return place;
      }
    }
    return newest(0);
  }

  function localsOf(place) {
    const names = keysOf(place.seen);
    let json = '';
    for (let i = 0; i < names.length; i++) {
      let value = '"[not set yet]"';
      try {
        value = shown(place.seen[names[i]]);
      } catch {
        // A variable before its declaration was reached.
      }
      json += (i === 0 ? '' : ',') + stringify(names[i]) + ':' + value;
    }
    return '{' + json + '}';
  }

  own.inspected = (threw, error) => {
    if (count === 0) return;
    let trace = '';
    for (let back = Math.min(count, STATEMENTS_MAX) - 1; back >= 0; back--) {
      const { file, line } = newest(back);
      trace += (trace === '' ? '' : ',') + '[' + stringify(file) + ',' + line + ']';
    }
    const place = threw ? placeOf(error) : undefined;
    const at = place === undefined ? '' : `,"at":[${stringify(place.file)},${place.line}],"locals":${localsOf(place)}`;
    host.answer(INSPECTED, `{"statements":${count},"trace":[${trace}]${at}}`);
  };
})
