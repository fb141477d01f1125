// `crypto`, for the web's way and for Node's. The host computes; whole inputs only, so nothing of it stays there.
(function (host, own) {
  'use strict';

  const RANDOM = 1, DIGEST = 2, HMAC = 3;
  const { compute } = host;
  const { DOMException, Buffer } = own;

  const random = (count) => compute(RANDOM, String(count), undefined, true);

  function randomUUID() {
    const bytes = random(16);
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    const hex = bytes.toHex();
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
  }

  own.randomUUID = randomUUID;

  function getRandomValues(target) {
    if (!ArrayBuffer.isView(target) || target instanceof DataView || target instanceof Float32Array || target instanceof Float64Array) throw new DOMException('The data argument must be an integer-type TypedArray', 'TypeMismatchError');
    if (target.byteLength > 65536) throw new DOMException('The requested length exceeds 65,536 bytes', 'QuotaExceededError');
    own.bytesOf(target).set(random(target.byteLength));
    return target;
  }

  const bytesFrom = (value, encoding) => (typeof value === 'string' ? Buffer.from(value, encoding) : own.bytesOf(value));

  function hmac(algorithm, key, message) {
    const joined = new Uint8Array(key.length + message.length);
    joined.set(key);
    joined.set(message, key.length);
    return compute(HMAC, `${algorithm}:${key.length}`, joined, true);
  }

  const algorithmName = (algorithm) => String(typeof algorithm === 'string' ? algorithm : algorithm?.name);
  const digestName = (algorithm) => {
    const name = algorithmName(algorithm).toUpperCase();
    if (!['SHA-1', 'SHA-256', 'SHA-384', 'SHA-512'].includes(name)) throw new DOMException(`Unrecognized algorithm name ${name}`, 'NotSupportedError');
    return name;
  };

  const keys = new WeakMap();
  class CryptoKey {
    get type() { return 'secret'; }
    get extractable() { return keys.get(this).extractable; }
    get algorithm() { return { name: 'HMAC', hash: { name: keys.get(this).hash }, length: keys.get(this).bytes.length * 8 }; }
    get usages() { return keys.get(this).usages.slice(); }
  }
  const onlyHmac = (algorithm) => {
    if (algorithmName(algorithm).toUpperCase() !== 'HMAC') throw new DOMException(`${algorithmName(algorithm)} is not supported; HMAC is`, 'NotSupportedError');
  };

  const subtle = {
    async digest(algorithm, data) { return compute(DIGEST, digestName(algorithm), own.bytesOf(data), true).buffer; },
    async importKey(format, data, algorithm, extractable, usages) {
      onlyHmac(algorithm);
      if (format !== 'raw') throw new DOMException('Only raw keys are supported', 'NotSupportedError');
      const key = new CryptoKey();
      keys.set(key, { bytes: own.bytesOf(data).slice(), hash: digestName(algorithm.hash), extractable: Boolean(extractable), usages: [...usages] });
      return key;
    },
    async exportKey(format, key) {
      if (!key.extractable || format !== 'raw') throw new DOMException('The key is not extractable', 'InvalidAccessError');
      return keys.get(key).bytes.slice().buffer;
    },
    async sign(algorithm, key, data) {
      onlyHmac(algorithm);
      return hmac(keys.get(key).hash, keys.get(key).bytes, own.bytesOf(data)).buffer;
    },
    async verify(algorithm, key, signature, data) {
      onlyHmac(algorithm);
      return equal(own.bytesOf(signature), hmac(keys.get(key).hash, keys.get(key).bytes, own.bytesOf(data)));
    },
  };

  function equal(a, b) {
    if (a.length !== b.length) return false;
    let different = 0;
    for (let i = 0; i < a.length; i++) different |= a[i] ^ b[i];
    return different === 0;
  }

  own.define('CryptoKey', CryptoKey);
  own.define('crypto', { getRandomValues, randomUUID, subtle });

  /** Collects its input; the host sees it once, at the end. */
  class Collector {
    #parts = []; #finish; #done = false;
    constructor(finish) { this.#finish = finish; }
    update(data, encoding) {
      if (this.#done) throw new Error('Digest already called');
      this.#parts.push(Buffer.from(bytesFrom(data, encoding)));
      return this;
    }
    digest(encoding) {
      if (this.#done) throw new Error('Digest already called');
      this.#done = true;
      const digest = Buffer.from(this.#finish(Buffer.concat(this.#parts)).buffer);
      return encoding === undefined || encoding === 'buffer' ? digest : digest.toString(encoding);
    }
    copy() {
      const copy = new Collector(this.#finish);
      copy.#parts = this.#parts.slice();
      return copy;
    }
  }
  const HASHES = ['md5', 'sha1', 'sha256', 'sha384', 'sha512'];
  const known = (algorithm) => {
    const name = String(algorithm).toLowerCase().replace(/^rsa-/, '').replace(/-/g, '');
    if (!HASHES.includes(name)) throw new Error('Digest method not supported: ' + algorithm + '; use one of ' + HASHES.join(', '));
    return name;
  };

  own.modules.crypto = () => ({
    webcrypto: crypto, subtle, getRandomValues, randomUUID,
    getHashes: () => HASHES.slice(),
    createHash(algorithm) {
      const name = known(algorithm);
      return new Collector((bytes) => compute(DIGEST, name, bytes, true));
    },
    createHmac(algorithm, key) {
      const name = known(algorithm), secret = Buffer.from(bytesFrom(key));
      return new Collector((bytes) => hmac(name, secret, bytes));
    },
    hash: (algorithm, data, encoding = 'hex') => {
      const digest = Buffer.from(compute(DIGEST, known(algorithm), bytesFrom(data), true).buffer);
      return encoding === 'buffer' ? digest : digest.toString(encoding);
    },
    randomBytes(count, callback) {
      const chunks = [];
      for (let left = Number(count); left > 0; left -= 65536) chunks.push(random(Math.min(left, 65536)));
      const bytes = Buffer.concat(chunks);
      if (typeof callback !== 'function') return bytes;
      queueMicrotask(() => callback(null, bytes));
    },
    randomFillSync: (target) => { own.bytesOf(target).set(random(target.byteLength)); return target; },
    randomInt(min, max) {
      if (max === undefined) [min, max] = [0, min];
      const range = max - min;
      if (!(range > 0 && range <= 2 ** 48)) throw new RangeError('The value of "max" is out of range');
      const limit = 2 ** 48 - (2 ** 48 % range);
      for (;;) {
        const value = Buffer.from(random(6).buffer).readUIntBE(0, 6);
        if (value < limit) return min + (value % range);
      }
    },
    timingSafeEqual(a, b) {
      const [left, right] = [own.bytesOf(a), own.bytesOf(b)];
      if (left.length !== right.length) throw new RangeError('Input buffers must have the same byte length');
      return equal(left, right);
    },
  });
})
