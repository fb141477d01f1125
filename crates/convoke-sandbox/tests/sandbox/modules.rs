//! What `require` and `import` give: libraries, Node's modules, a function's own files in JavaScript and TypeScript.

use std::collections::BTreeMap;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use convoke_sandbox::{Ending, Execution, Form, ProgramError, Source};
use serde_json::{Value, json};

use crate::support::{given, json, returned, sandbox, value};

/// A PEM block.
pub(crate) fn pem(label: &str, der: &[u8]) -> String {
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", STANDARD.encode(der))
}

fn of_files(files: &[(&str, &str)]) -> Source {
    Source::of_files(files.iter().map(|(path, text)| ((*path).to_owned(), (*text).into())).collect()).unwrap()
}

async fn run_files(files: &[(&str, &str)]) -> Execution {
    let sandbox = sandbox();
    let program = sandbox.prepare(&of_files(files), &BTreeMap::new()).unwrap();
    sandbox.run(&program, given(r#"{"payload":{"n":2}}"#)).await
}

#[tokio::test]
async fn the_usual_libraries_are_there_by_require_and_by_import() {
    let source = "const _ = require('lodash'), { DateTime } = require('luxon'), get = require('lodash/get');
        function lambda() { return [_.chunk([1, 2, 3], 2), get({ a: { b: 1 } }, 'a.b'), DateTime.fromISO('2026-03-01T10:20:30Z', { zone: 'Europe/Berlin' }).toISO(), DateTime.fromMillis(0, { zone: 'utc' }).plus({ days: 1 }).toFormat('yyyy-LL-dd')]; }";
    let expected = json!([[[1, 2], [3]], 1, "2026-03-01T11:20:30.000+01:00", "1970-01-02"]);
    assert_eq!(returned(source).await, expected);
    let source = "import _, { chunk } from 'lodash'; import { DateTime } from 'luxon'; import OAuth from 'oauth-1.0a'; import jwt from 'jsonwebtoken';
        export const lambda = () => [chunk === _.chunk, typeof DateTime.now, typeof OAuth, typeof jwt.sign];";
    assert_eq!(returned(source).await, json!([true, "function", "function", "function"]));
}

#[tokio::test]
async fn a_library_is_loaded_once_and_changes_to_it_stay_within_the_run() {
    let sandbox = sandbox();
    let source = "const _ = require('lodash'); function lambda() { _.mark = (_.mark ?? 0) + 1; return [_.mark, require('lodash') === _]; }";
    let program = sandbox.prepare(&Source::new(source), &BTreeMap::new()).unwrap();
    for _ in 0..2 {
        assert_eq!(json(sandbox.run(&program, given("{}")).await), json!([1, true]));
    }
}

#[tokio::test]
async fn a_sources_own_names_hide_nothing_from_what_it_calls() {
    let source = "const crypto = require('crypto'), { URL } = require('url'), { TextEncoder } = require('util'), Map = 1, Error = 2, Headers = 3, process = 4, JSON = 5;
        async function lambda() {
          const failed = await fetch('https://evil.test/').catch((e) => e.code);
          return [crypto.createHash('md5').update('a').digest('hex'), new URL('http://a.test/b').host, new TextEncoder().encode('a').length, new globalThis.Headers({ a: 'b' }).get('a'), failed];
        }";
    assert_eq!(
        returned(source).await,
        json!(["0cc175b9c0f1b6a831c399e269772661", "a.test", 1, "b", "host_not_allowed"])
    );
}

#[tokio::test]
async fn an_oauth_signature_is_the_one_of_the_specification() {
    // The example of RFC 5849's predecessor, whose signature is published.
    let source = "const OAuth = require('oauth-1.0a'), crypto = require('crypto');
        function lambda() {
          const oauth = OAuth({ consumer: { key: 'dpf43f3p2l4k3l03', secret: 'kd94hf93k423kf44' }, signature_method: 'HMAC-SHA1', hash_function: (base, key) => crypto.createHmac('sha1', key).update(base).digest('base64') });
          oauth.getNonce = () => 'kllo9940pd9333jh'; oauth.getTimeStamp = () => 1191242096;
          const signed = oauth.authorize({ url: 'http://photos.example.net/photos', method: 'GET', data: { file: 'vacation.jpg', size: 'original' } }, { key: 'nnch734d00sl2jdk', secret: 'pfkkdhi9sl3r4s00' });
          return [signed.oauth_signature, oauth.toHeader(signed).Authorization.startsWith('OAuth oauth_consumer_key=')];
        }";
    assert_eq!(returned(source).await, json!(["tR3+Ty81lMeYAr/Fid0kMTYa/WM=", true]));
}

async fn with_keys(body: &str) -> Value {
    let rsa = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
    let private: Pkcs8V1Der<'_> = rsa.as_der().unwrap();
    let public: PublicKeyX509Der<'_> = rsa.public_key().as_der().unwrap();
    let ec = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap();
    let ec_private = ec.to_pkcs8v1().unwrap();
    let ec_public: PublicKeyX509Der<'_> = ec.public_key().as_der().unwrap();
    let input = json!({
        "rsa": pem("PRIVATE KEY", private.as_ref()), "rsaPublic": pem("PUBLIC KEY", public.as_ref()),
        "ec": pem("PRIVATE KEY", ec_private.as_ref()), "ecPublic": pem("PUBLIC KEY", ec_public.as_ref()),
    });
    let source = format!(
        "const jwt = require('jsonwebtoken'), crypto = require('crypto');
         const said = (run) => {{ try {{ return run(); }} catch (e) {{ return [e.name, e.message]; }} }};
         async function lambda({{ rsa, rsaPublic, ec, ecPublic }}) {{ {body} }}"
    );
    let sandbox = sandbox();
    let program = sandbox.prepare(&Source::new(source), &BTreeMap::new()).unwrap();
    json(sandbox.run(&program, given(&input.to_string())).await)
}

#[tokio::test]
async fn tokens_are_signed_and_verified_by_each_algorithm() {
    let body = "const out = [];
        for (const [algorithm, key, check] of [['HS256', 's3cret', 's3cret'], ['RS256', rsa, rsaPublic], ['RS512', rsa, rsaPublic], ['ES256', ec, ecPublic]]) {
          const token = jwt.sign({ sub: 'x' }, key, { algorithm, issuer: 'me', expiresIn: '1h' });
          const { sub, iss, exp, iat } = jwt.verify(token, check, { algorithms: [algorithm] });
          const forged = token.slice(0, -6) + (token.endsWith('AAAAAA') ? 'BBBBBB' : 'AAAAAA');
          out.push([JSON.parse(Buffer.from(token.split('.')[0], 'base64url')).alg, sub, iss, exp - iat, said(() => jwt.verify(forged, check))[1]]);
        }
        return out;";
    let expected = |algorithm| json!([algorithm, "x", "me", 3600, "invalid signature"]);
    assert_eq!(
        with_keys(body).await,
        json!([expected("HS256"), expected("RS256"), expected("RS512"), expected("ES256")])
    );
}

#[tokio::test]
async fn a_known_token_verifies_and_a_late_one_does_not() {
    // The example of RFC 7519 as it is known from jwt.io.
    let body = "const known = 'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwiaWF0IjoxNTE2MjM5MDIyfQ.SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c';
        const late = jwt.sign({ exp: 1 }, 'k');
        return [jwt.verify(known, 'your-256-bit-secret').sub, said(() => jwt.verify(late, 'k')), said(() => jwt.verify(known, rsaPublic))[0], jwt.decode(known).name];";
    assert_eq!(
        with_keys(body).await,
        json!(["1234567890", ["TokenExpiredError", "jwt expired"], "JsonWebTokenError", "John Doe"])
    );
}

#[tokio::test]
async fn signatures_follow_from_key_and_message_alone() {
    let body = "const sign = (key) => crypto.createSign('SHA256').update('a').update('b').sign(key, 'base64');
        const signature = sign(ec);
        return [sign(rsa) === sign(rsa), signature === sign(ec), crypto.createVerify('RSA-SHA256').update('ab').verify(rsaPublic, sign(rsa), 'base64'),
          crypto.verify('sha256', Buffer.from('ab'), ecPublic, Buffer.from(signature, 'base64')), crypto.verify('sha256', Buffer.from('ac'), ecPublic, Buffer.from(signature, 'base64')),
          crypto.createPrivateKey(rsa).asymmetricKeyDetails.modulusLength, crypto.createPublicKey(ec).asymmetricKeyDetails.namedCurve, said(() => crypto.createPrivateKey('nonsense'))[0], said(() => crypto.createSign('sha384').update('a').sign(ec))[0]];";
    assert_eq!(
        with_keys(body).await,
        json!([true, true, true, true, false, 2048, "prime256v1", "TypeError", "TypeError"])
    );
}

#[tokio::test]
async fn events_can_be_inherited_in_the_old_manner() {
    let body = "const { inherits } = require('util'), Emitter = require('events'); function Old() { Emitter.call(this); } inherits(Old, Emitter);
        const old = new Old(), seen = []; old.once('a', (x) => seen.push(x)); old.on('a', (x) => seen.push(x * 2)); old.emit('a', 1); old.emit('a', 2); return [seen, old instanceof Emitter, old.listenerCount('a')];";
    assert_eq!(value(body).await, json!([[1, 2, 4], true, 1]));
}

#[tokio::test]
async fn every_module_that_validation_accepts_can_be_required() {
    let names = "assert,assert/strict,buffer,console,convoke,core-functions-toolbelt,crypto,events,jsforce,jsonwebtoken,lodash,lp-faas-toolbelt,luxon,oauth-1.0a,path,process,querystring,string_decoder,timers,timers/promises,url,util,util/types";
    let body = format!(
        "return '{names}'.split(',').filter((name) => ['object', 'function'].includes(typeof require(name)) && require('node:' + name) === require(name)).join(',')"
    );
    assert_eq!(value(&body).await, json!(names));
    let refused =
        value("try { require('left-pad'); return ''; } catch (e) { return [e.name, e.code, e.message]; }")
            .await;
    assert_eq!((&refused[0], &refused[1]), (&json!("ModuleNotAvailable"), &json!("MODULE_NOT_FOUND")));
    let listed: Vec<_> =
        refused[2].as_str().unwrap().split_once("use one of ").unwrap().1.split(", ").collect();
    assert_eq!(listed.join(","), names);
}

#[tokio::test]
async fn several_files_in_the_manner_of_commonjs() {
    let execution = run_files(&[
        ("index.js", "const { twice } = require('./lib/twice'); const config = require('./config.json'); exports.lambda = (input, callback) => callback(null, [twice(input.payload.n), config.name, require('./lib')]);"),
        ("lib/twice.js", "const one = require('./one.js'); module.exports.twice = (n) => n * 2 * one; module.exports.at = [__filename, __dirname];"),
        ("lib/one.js", "const { twice } = require('./twice'); module.exports = twice === undefined ? 1 : 0;"),
        ("lib/index.js", "module.exports = require('./twice').at;"),
        ("config.json", "{\"name\":\"c\"}"),
    ])
    .await;
    assert_eq!(json(execution), json!([4, "c", ["lib/twice.js", "lib"]]));
}

#[tokio::test]
async fn several_files_as_modules_in_typescript() {
    let files = [
        (
            "index.ts",
            "import { twice, type Input } from './lib/twice.js';\nimport config from './config.json';\nimport helper, { named } from './helper.cjs';\nenum Kind { A = 'a' }\nexport async function lambda(input: Input): Promise<unknown> {\n  const { late } = await import('./late');\n  return [twice(input.payload.n as number), config.name, helper.named, named, Kind.A, late];\n}\n",
        ),
        (
            "lib/twice.ts",
            "export interface Input { payload: { n: number } }\nexport const twice = <T extends number>(n: T): number => n * 2;\n",
        ),
        ("late.ts", "export const late: string = 'late';"),
        ("helper.cjs", "exports.named = 'h';"),
        ("config.json", "{\"name\":\"c\"}"),
    ];
    let sandbox = sandbox();
    let program = sandbox.prepare(&of_files(&files), &BTreeMap::new()).unwrap();
    assert_eq!(program.form(), Form::V2);
    let answer = sandbox.run(&program, given(r#"{"payload":{"n":2}}"#)).await;
    assert_eq!(json(answer), json!([4, "c", "h", "h", "a", "late"]));
}

#[tokio::test]
async fn an_error_names_the_file_and_the_line_that_the_author_wrote() {
    let files = [
        (
            "index.ts",
            "import { fail } from './lib/fail';\ninterface Unused {\n  a: string;\n}\nexport const lambda = async () => {\n  fail();\n};\n",
        ),
        (
            "lib/fail.ts",
            "type A = {\n  b: 1;\n};\n\nexport function fail(): never {\n  throw new Error('here');\n}\n",
        ),
    ];
    let Ending::Threw(thrown) = run_files(&files).await.ending else { panic!("it did not throw") };
    let places: Vec<_> =
        thrown.stack.lines().map(|line| line.rsplit_once('(').map_or(line, |(_, place)| place)).collect();
    assert!(
        places[0].starts_with("lib/fail.ts:6:") && places[1].starts_with("index.ts:6:"),
        "{}",
        thrown.stack
    );
}

#[test]
fn files_that_do_not_load_say_which_and_where() {
    let sandbox = sandbox();
    let prepare = |files: &[(&str, &str)]| sandbox.prepare(&of_files(files), &BTreeMap::new()).unwrap_err();
    let error =
        prepare(&[("index.ts", "import './a';\nexport const lambda = () => 1;"), ("a.ts", "const a: = 1;")]);
    assert!(
        matches!(&error, ProgramError::Syntax { file: Some(file), line: 1, column: 10, .. } if file == "a.ts"),
        "{error:?}"
    );
    let error = prepare(&[("index.js", "import './none';\nexport const lambda = () => 1;")]);
    assert!(
        matches!(&error, ProgramError::ModuleNotAvailable { message } if message.contains("./none")),
        "{error:?}"
    );
    let error = prepare(&[
        ("index.js", "require('./m'); exports.lambda = () => 1;"),
        ("m.js", "export const a = 1;"),
    ]);
    assert!(
        matches!(&error, ProgramError::ModuleNotAvailable { message } if message.contains("use import")),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_run_has_a_trace_id_and_the_names_of_both_generations() {
    assert_eq!(value("console.getTraceId()").await, json!("trace-1"));
    let sandbox = sandbox();
    let source = "const id = console.getTraceId(); function lambda() { return id; }";
    let program = sandbox.prepare(&Source::new(source), &BTreeMap::new()).unwrap();
    assert!(program.evaluates_per_invocation());
}
