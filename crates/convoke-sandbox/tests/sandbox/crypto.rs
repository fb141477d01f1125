//! Digests, codes and randomness against published vectors.

use serde_json::json;

use crate::support::value;

#[tokio::test]
async fn digests_match_the_published_vectors() {
    let body = "const { createHash } = require('crypto'); return ['md5', 'sha1', 'sha256', 'sha384', 'sha512'].map((name) => createHash(name).update('a').update(Buffer.from('bc')).digest('hex'))";
    assert_eq!(
        value(body).await,
        json!([
            "900150983cd24fb0d6963f7d28e17f72",
            "a9993e364706816aba3e25717850c26c9cd0d89d",
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
            "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7",
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"
        ])
    );
    let web = value(
        "Buffer.from(await crypto.subtle.digest('SHA-256', new TextEncoder().encode('abc'))).toString('hex')",
    )
    .await;
    assert_eq!(web, json!("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
}

#[tokio::test]
async fn codes_match_the_published_vectors() {
    // RFC 4231, test case 2, and RFC 2202, test case 2.
    let body = "const { createHmac } = require('node:crypto'); return ['sha256', 'sha512', 'sha1', 'md5'].map((name) => createHmac(name, 'Jefe').update('what do ya want for nothing?').digest('hex'))";
    assert_eq!(
        value(body).await,
        json!([
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
            "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737",
            "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79",
            "750c783e6ab0b503eaa86e310a5db738"
        ])
    );
    let web = "const key = await crypto.subtle.importKey('raw', new TextEncoder().encode('Jefe'), { name: 'HMAC', hash: 'SHA-256' }, false, ['sign', 'verify']);
        const data = new TextEncoder().encode('what do ya want for nothing?'); const code = await crypto.subtle.sign('HMAC', key, data);
        return [Buffer.from(code).toString('hex').slice(0, 8), await crypto.subtle.verify('HMAC', key, code, data)];";
    assert_eq!(value(web).await, json!(["5bdcc146", true]));
}

#[tokio::test]
async fn random_values_have_the_right_shape() {
    let body = "const c = require('crypto'); const ids = [crypto.randomUUID(), c.randomUUID()]; const n = Array.from({ length: 50 }, () => c.randomInt(3));
        let big; try { crypto.getRandomValues(new Uint8Array(65537)); } catch (e) { big = e.name; }
        return [ids.every((id) => /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(id)), ids[0] !== ids[1], new Set(n).size, c.randomBytes(100000).length, crypto.getRandomValues(new Uint32Array(4)).some(Boolean), big, c.timingSafeEqual(Buffer.from('a'), Buffer.from('a'))];";
    assert_eq!(value(body).await, json!([true, true, 3, 100_000, true, "QuotaExceededError", true]));
}

#[tokio::test]
async fn unknown_algorithms_are_refused_with_what_to_use() {
    let body = "try { require('crypto').createHash('whirlpool'); } catch (e) { return e.message; }";
    assert!(value(body).await.as_str().unwrap().contains("sha256"));
}
