//! The web's and Node's interfaces, as far as they exist here, against what other runtimes answer.

use serde_json::json;

use crate::support::{NOW, given, program, run, sandbox, value};

#[tokio::test]
async fn console_methods_keep_message_extras_level_and_time() {
    let source = "function lambda(i, cb) {
        console.debug('d'); console.info('i', { a: [1, null, undefined] }, 2n); console.log('l', new Error('e')); console.warn({ x: 1 });
        const c = {}; c.c = c; console.error('cyclic', c, new Map([['k', new Set([1])]]), () => 1, Symbol('s'), NaN, new Date(0));
        for (const name of ['dir', 'table', 'trace', 'group', 'groupEnd', 'time', 'timeEnd', 'count', 'assert', 'clear']) console[name]('x');
        cb(); }";
    let logs = run(source, "{}").await.logs;
    let shown = serde_json::to_value(&logs[..5]).unwrap();
    assert_eq!(shown[0], json!({"level": "debug", "message": "d", "extras": [], "timestamp": NOW}));
    assert_eq!(shown[1]["extras"], json!([{"a": [1, null, "undefined"]}, "2n"]));
    assert_eq!(shown[2]["extras"][0]["message"], "e");
    assert_eq!((&shown[3]["level"], &shown[3]["message"]), (&json!("warn"), &json!(r#"{"x":1}"#)));
    assert_eq!(
        shown[4]["extras"],
        json!([{"c": "[circular]"}, [["k", [1]]], "[Function]", "Symbol(s)", "NaN", "1970-01-01T00:00:00.000Z"])
    );
}

#[tokio::test]
async fn urls_are_parsed_changed_and_kept_with_their_parameters() {
    let body = "const u = new URL('../b?q=1&q=2#h', 'https://user:p%40ss@Example.COM:8443/a/c/'); u.searchParams.append('x y', 'ü&'); u.port = '443'; u.hash = '';
        return [u.href, u.origin, u.username, u.searchParams.getAll('q'), URL.canParse('nope'), new URL('http://[::1]:80/').host, JSON.stringify({ u: new URL('http://a/') })];";
    assert_eq!(
        value(body).await,
        json!([
            "https://user:p%40ss@example.com/a/b?q=1&q=2&x+y=%C3%BC%26",
            "https://example.com",
            "user",
            ["1", "2"],
            false,
            "[::1]",
            r#"{"u":"http://a/"}"#
        ])
    );
}

#[tokio::test]
async fn url_parameters_read_and_write_as_forms_do() {
    let body = "const p = new URLSearchParams('?a=1&b=%20+%C3%A4&a=2&c'); p.delete('a', '1'); p.set('b', 'x'); p.sort();
        let pairs = []; for (const [k, v] of p) pairs.push(k + '=' + v); return [pairs, String(new URLSearchParams({ q: \"it's ~ok*\" })), p.size, p.has('c'), new URLSearchParams([['k', 'v']]).get('k')];";
    assert_eq!(value(body).await, json!([["a=2", "b=x", "c="], "q=it%27s+%7Eok*", 3, true, "v"]));
}

#[tokio::test]
async fn text_is_encoded_and_decoded_with_replacement_and_in_pieces() {
    let body = "const d = new TextDecoder(); const euro = new TextEncoder().encode('€\\ud800'); const s = new TextDecoder();
        const piece = s.decode(euro.slice(0, 2), { stream: true }) + s.decode(euro.slice(2, 3), { stream: true }) + s.decode();
        let fatal; try { new TextDecoder('utf-8', { fatal: true }).decode(new Uint8Array([0xff])); } catch (e) { fatal = e.name; }
        return [[...euro], piece, d.decode(new Uint8Array([0x61, 0xff, 0xe2, 0x82])), new TextDecoder('utf-16le').decode(new Uint8Array([0x3d, 0xd8, 0x00, 0xde])), new TextDecoder('latin1').decode(new Uint8Array([0xe4])), fatal,
            d.decode(new Uint8Array([0xef, 0xbb, 0xbf, 0x41])), new TextEncoder().encodeInto('aé', new Uint8Array(2))];";
    assert_eq!(
        value(body).await,
        json!([[226, 130, 172, 239, 191, 189], "€", "a\u{fffd}\u{fffd}", "😀", "ä", "TypeError", "A", {"read": 1, "written": 1}])
    );
}

#[tokio::test]
async fn buffers_convert_between_texts_bytes_and_numbers() {
    let body = "const b = Buffer.from('héllo'); const n = Buffer.alloc(8); n.writeUInt32BE(0xdeadbeef, 0); n.writeInt16LE(-2, 4);
        return [b.toString('hex'), b.toString('base64'), Buffer.from('aGk_', 'base64url').toString('latin1').length, Buffer.from('6869', 'hex').toString(), Buffer.concat([b, Buffer.from([33])]).toString(),
            n.readUInt32BE(0), n.readInt16LE(4), n.toString('hex'), b.equals(Buffer.from('héllo')), Buffer.byteLength('€'), b.slice(0, 1).toString(), JSON.stringify(Buffer.from('a')), Buffer.isBuffer(b), b.indexOf('llo'),
            Buffer.from('YQ==', 'base64').toString(), Buffer.from(new Uint16Array([1]).buffer).length, Buffer('x').toString(), new Buffer('y').toString(), Buffer.from([256, -1]).toString('hex'), Buffer.alloc(3, 'ab').toString(), b.subarray(1, 3).toString()];";
    assert_eq!(
        value(body).await,
        json!([
            "68c3a96c6c6f",
            "aMOpbGxv",
            3,
            "hi",
            "héllo!",
            0xdead_beef_u32,
            -2,
            "deadbeeffeff0000",
            true,
            3,
            "h",
            r#"{"type":"Buffer","data":[97]}"#,
            true,
            3,
            "a",
            2,
            "x",
            "y",
            "00ff",
            "aba",
            "é"
        ])
    );
}

#[tokio::test]
async fn clones_are_deep_keep_cycles_and_refuse_functions() {
    let body = "const a = { d: new Date(5), m: new Map([[1, { x: new Set([2]) }]]), b: new Uint8Array([1, 2]), e: new TypeError('t') }; a.self = a;
        const c = structuredClone(a); c.b[0] = 9; let no; try { structuredClone(() => 1); } catch (e) { no = [e.name, e.code]; }
        return [c.self === c, c !== a, c.d.getTime(), c.m.get(1).x.has(2), a.b[0], c.e instanceof TypeError, c.e.message, no];";
    assert_eq!(value(body).await, json!([true, true, 5, true, 1, true, "t", ["DataCloneError", 25]]));
}

#[tokio::test]
async fn signals_abort_once_with_a_reason() {
    let body = "const c = new AbortController(); const seen = []; c.signal.addEventListener('abort', () => seen.push('once')); c.abort(); c.abort('again');
        const t = AbortSignal.timeout(3); await new Promise(r => t.addEventListener('abort', r)); let thrown; try { c.signal.throwIfAborted(); } catch (e) { thrown = e.name; }
        return [seen, c.signal.reason.name, t.reason.name, AbortSignal.abort('why').reason, thrown, AbortSignal.any([c.signal]).aborted];";
    assert_eq!(value(body).await, json!([["once"], "AbortError", "TimeoutError", "why", "AbortError", true]));
}

#[tokio::test]
async fn headers_requests_and_responses_follow_the_fetch_standard() {
    let body = "const h = new Headers({ 'X-A': ' 1 ' }); h.append('x-a', '2'); let bad; try { h.set('a b', 'c'); } catch (e) { bad = e.name; }
        const r = new Response('{\"a\":1}', { status: 201, headers: { b: 'c' } }); const copy = r.clone(); const first = await r.json(); let used; try { await r.text(); } catch (e) { used = e.name; }
        const q = new Request('http://a/x', { method: 'post', body: new URLSearchParams({ k: 'v' }) });
        return [[...h], bad, first, r.ok, used, await copy.text(), q.method, q.headers.get('content-type'), await q.text(), Response.json([1]).headers.get('content-type'), (await new Response(new Uint8Array([1, 2])).arrayBuffer()).byteLength];";
    assert_eq!(
        value(body).await,
        json!([
            [["x-a", "1, 2"]], "TypeError", {"a": 1}, true, "TypeError", r#"{"a":1}"#, "POST",
            "application/x-www-form-urlencoded;charset=UTF-8", "k=v", "application/json", 2
        ])
    );
}

#[tokio::test]
async fn nodes_small_modules_answer_as_nodes_do() {
    let body = "const util = require('util'), path = require('path'), qs = require('querystring'), url = require('url'), assert = require('assert'), EventEmitter = require('events'), { StringDecoder } = require('string_decoder');
        const out = []; const e = new EventEmitter(); e.once('x', (v) => out.push(v)); e.emit('x', 1); e.emit('x', 2);
        let failed; try { assert.deepStrictEqual({ a: [1] }, { a: [2] }); } catch (x) { failed = x.code; }
        const sleep = util.promisify(setTimeout); await sleep(1); const s = new StringDecoder('utf8');
        return [util.format('%s %d %j %%', 'a', '4', { b: 1 }, 'c'), util.inspect({ a: [1, 'x'], m: new Map([[1, 2]]), f() {} }), path.join('/a', '../b', 'c.txt'), path.extname('x.tar.gz'), qs.parse('a=1&a=2&b=%20'), qs.stringify({ a: [1, 2] }),
            url.parse('https://h:1/p?q=1', true).query.q, out, failed, s.write(Buffer.from([0xe2, 0x82])) + s.write(Buffer.from([0xac])), util.isDeepStrictEqual(new Set([1]), new Set([1])), await util.promisify((v, cb) => cb(null, v + 1))(1), util.inspect('it\\'s')];";
    assert_eq!(
        value(body).await,
        json!([
            "a 4 {\"b\":1} % c", "{ a: [ 1, 'x' ], m: Map(1) { 1 => 2 }, f: [Function: f] }", "/b/c.txt", ".gz",
            {"a": ["1", "2"], "b": " "}, "a=1&a=2", "1", [1], "ERR_ASSERTION", "€", true, 2, "\"it's\""
        ])
    );
}

#[tokio::test]
async fn the_clock_stands_still_within_an_entry_and_moves_between_them() {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicI64, Ordering};
    let sandbox = sandbox();
    let source = "async function lambda() { const a = Date.now(); for (let i = 0; i < 1e5; i++); const b = Date.now(); await new Promise(r => setTimeout(r, 1)); return [b - a, Date.now() - a, performance.now(), new Date().toISOString()]; }";
    let program = program(&sandbox, source);
    let asked = Arc::new(AtomicI64::new(0));
    let mut run = given("{}");
    run.clock = Arc::new(move || NOW + jiff::Span::new().seconds(asked.fetch_add(1, Ordering::Relaxed)));
    assert_eq!(
        crate::support::json(sandbox.run(&program, run).await),
        json!([0, 1000, 1000, "2026-03-01T10:20:31.456Z"])
    );
}

#[tokio::test]
async fn absent_and_dangerous_globals_are_absent() {
    let body = "['SharedArrayBuffer', 'Atomics', 'WebAssembly', 'Deno', 'navigator', 'host', 'own'].filter((name) => typeof globalThis[name] !== 'undefined')";
    assert_eq!(value(body).await, json!([]));
    let refused = value("try { require('child_process'); } catch (e) { return [e.code, e.message.includes('cannot start processes')]; }").await;
    assert_eq!(refused, json!(["MODULE_NOT_FOUND", true]));
}
