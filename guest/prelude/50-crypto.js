// `crypto`, for the web's way and for Node's. The host computes; whole inputs only, so nothing of it stays there.
(function (host, own) {
  'use strict';

  const RANDOM = 1, DIGEST = 2, HMAC = 3, SIGN = 11, VERIFY = 12, KEY = 13;
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
  const webcrypto = { getRandomValues, randomUUID, subtle };
  own.define('crypto', webcrypto);

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

  // ---- keys and signatures; a key object is data: its PEM or its bytes

  class KeyObject {
    #type; #data; #details;
    constructor(type, data, details) {
      this.#type = type;
      this.#data = data;
      this.#details = details;
    }
    get type() { return this.#type; }
    get asymmetricKeyType() { return this.#details?.kind; }
    get asymmetricKeyDetails() {
      if (this.#details === undefined) return undefined;
      const { modulusLength, namedCurve } = this.#details;
      return namedCurve === undefined ? { modulusLength, publicExponent: 65537n } : { namedCurve };
    }
    get symmetricKeySize() { return this.#type === 'secret' ? this.#data.length : undefined; }
    export() { return this.#type === 'secret' ? Buffer.from(this.#data) : Buffer.from(this.#data).toString(); }
    equals(other) { return other instanceof KeyObject && other.#type === this.#type && equal(this.#data, other.#data); }
    get [Symbol.toStringTag]() { return 'KeyObject'; }
    static data(key) { return key.#data; }
  }
  const dataOf = KeyObject.data;
  delete KeyObject.data;

  /** PEM bytes of whatever Node takes as a key. */
  function pemOf(key) {
    if (key instanceof KeyObject) return dataOf(key);
    if (key !== null && typeof key === 'object' && key.key !== undefined) {
      if (key.passphrase !== undefined) throw new TypeError('The key is encrypted; provide it decrypted');
      return pemOf(key.key);
    }
    return bytesFrom(key, 'utf8');
  }
  const keyObject = (type, key) => {
    const pem = Buffer.from(pemOf(key));
    return new KeyObject(type, pem, own.parse(compute(KEY, type, pem, false)));
  };
  const secretBytes = (key, encoding) => (key instanceof KeyObject ? dataOf(key) : bytesFrom(key, encoding));

  const joined = (...parts) => {
    const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
    parts.reduce((at, part) => (whole.set(part, at), at + part.length), 0);
    return whole;
  };
  function sign(algorithm, message, key) {
    const pem = pemOf(key);
    return Buffer.from(compute(SIGN, `${known(algorithm ?? 'sha256')}:${pem.length}`, joined(pem, message), true).buffer);
  }
  function verify(algorithm, message, key, signature) {
    const pem = pemOf(key);
    return compute(VERIFY, `${known(algorithm ?? 'sha256')}:${pem.length}:${signature.length}`, joined(pem, signature, message), false) === '1';
  }

  class Signing {
    #parts = []; #algorithm;
    constructor(algorithm) { this.#algorithm = known(algorithm); }
    update(data, encoding) {
      this.#parts.push(Buffer.from(bytesFrom(data, encoding)));
      return this;
    }
    write(data, encoding) { this.update(data, encoding); return true; }
    end(data, encoding) { if (data !== undefined) this.update(data, encoding); return this; }
    sign(key, encoding) {
      const signature = sign(this.#algorithm, Buffer.concat(this.#parts), key);
      return encoding === undefined || encoding === 'buffer' ? signature : signature.toString(encoding);
    }
    verify(key, signature, encoding) { return verify(this.#algorithm, Buffer.concat(this.#parts), key, bytesFrom(signature, encoding)); }
  }

  own.modules.crypto = () => ({
    KeyObject, constants: { RSA_PKCS1_PADDING: 1 },
    createSecretKey: (key, encoding) => new KeyObject('secret', Buffer.from(bytesFrom(key, encoding)), undefined),
    createPrivateKey: (key) => keyObject('private', key),
    createPublicKey: (key) => keyObject('public', key),
    createSign: (algorithm) => new Signing(algorithm),
    createVerify: (algorithm) => new Signing(algorithm),
    sign: (algorithm, data, key) => sign(algorithm, bytesFrom(data), key),
    verify: (algorithm, data, key, signature) => verify(algorithm, bytesFrom(data), key, bytesFrom(signature)),
    webcrypto, subtle, getRandomValues, randomUUID,
    getHashes: () => HASHES.slice(),
    createHash(algorithm) {
      const name = known(algorithm);
      return new Collector((bytes) => compute(DIGEST, name, bytes, true));
    },
    createHmac(algorithm, key) {
      const name = known(algorithm), secret = Buffer.from(secretBytes(key));
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
