//! What a function logs looks the same, whichever of two ways it was written: plain values by the engine alone, others
//! piece by piece.

use serde_json::json;

use crate::support::run;

/// Logs each value twice: as it is, and when a function could have a say in its JSON, which nothing plain survives.
const TWICE: &str = r#"
  const wrapped = (value, levels) => { for (; levels > 0; levels--) value = levels % 2 ? { in: value } : [value]; return value; };
  const shared = { s: [1] };
  const circular = { a: [{}] };
  circular.a[0].back = circular;
  class Point { constructor() { this.x = 1; } }
  class List extends Array {}
  const values = [
    { a: 1, b: 'two', c: [true, null, -0, 1e21, 0.1], d: { e: {} } }, { 10: 'a', 9: 'b', z: 1, '': 2, '\u0000"\\\n': '\ud800 😀' },
    { u: undefined, f() {}, n: NaN, i: -Infinity, g: 10n, s: Symbol('s') }, [undefined, , 2], [[], [[]], {}],
    [shared, shared], circular, wrapped(1, 7), wrapped(1, 8), wrapped(1, 9), wrapped(1, 30),
    Object.create(null), Object.create({ inherited: 1 }), Object.assign(Object.create(null), { own: 1 }),
    Object.defineProperty({ seen: 1 }, 'hidden', { value: NaN, enumerable: false }), { [Symbol('key')]: NaN, k: 1 },
    { get got() { return 'by getter'; } }, { toJSON: () => 'never' }, Object.freeze({ a: [Object.freeze([1])] }),
    Object.assign([1, 2], { extra: 3 }), List.from([1]), new Point(), new Date(0), new Map([[{ a: 1 }, [1]]]), new Set([1]), /r/g,
    new Error('e').message, new Uint8Array(2), 'a'.repeat(300) + 'b', new String('s'), Object(1), [new Boolean(false)], Promise.resolve(1),
    (function () { return arguments; })(1, 2), new Proxy({ p: 1 }, {}), JSON.parse('{"__proto__":1}'), { k: ('x' + Math.random()).slice(0, 1) },
  ];
  const removed = { a: 1, b: 2, c: 3 };
  delete removed.b;
  values.push(removed, globalThis.lambda);
  function lambda() {
    for (const value of values) console.info('m', value, [value], { value });
    for (const value of values) console.info(value);
    Object.prototype.toJSON = undefined;
    for (const value of values) console.info('m', value, [value], { value });
    for (const value of values) console.info(value);
  }
"#;

#[tokio::test]
async fn a_value_looks_the_same_whoever_writes_it() {
    let execution = run(TWICE, "{}").await;
    let shown: Vec<_> = execution.logs.iter().map(|entry| (&entry.message, json!(entry.extras))).collect();
    let (alone, in_pieces) = shown.split_at(shown.len() / 2);
    assert!(alone.len() > 60, "{:?} {:?}", execution.ending, execution.logs.last());
    for (alone, in_pieces) in alone.iter().zip(in_pieces) {
        assert_eq!(alone, in_pieces);
    }
}

#[tokio::test]
async fn a_log_calls_nothing_of_the_functions_own() {
    let source = r"
      let calls = 0;
      const count = () => { calls += 1; };
      Array.prototype.toJSON = count;
      Object.prototype.toJSON = count;
      function lambda() { console.info({ a: [1] }, { toJSON: count }); return calls; }
    ";
    let execution = run(source, "{}").await;
    assert_eq!(execution.logs[0].message, r#"{"a":[1]}"#);
    assert_eq!(json!(execution.logs[0].extras), json!([{ "toJSON": "[Function: count]" }]));
}
