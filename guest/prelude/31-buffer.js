// `Buffer`: the part of Node's that portable sources use, as a `Uint8Array` with more methods.
(function (host, own) {
  'use strict';

  const { utf8, fromUtf8, latin1, fromLatin1, utf16, fromUtf16 } = own;

  function named(encoding) {
    switch (String(encoding ?? 'utf8').toLowerCase()) {
      case 'utf8': case 'utf-8': return 'utf8';
      case 'hex': return 'hex';
      case 'base64': return 'base64';
      case 'base64url': return 'base64url';
      case 'latin1': case 'binary': return 'latin1';
      case 'ascii': return 'ascii';
      case 'utf16le': case 'utf-16le': case 'ucs2': case 'ucs-2': return 'utf16le';
      default: throw new TypeError(`Unknown encoding: ${encoding}`);
    }
  }

  /** Base64 of either alphabet, as lenient as Node: anything else is skipped, padding ends it. */
  function fromBase64(text) {
    const end = text.indexOf('=');
    let clean = (end < 0 ? text : text.slice(0, end)).replace(/-/g, '+').replace(/_/g, '/').replace(/[^A-Za-z0-9+/]/g, '');
    if (clean.length % 4 === 1) clean = clean.slice(0, -1);
    return Uint8Array.fromBase64(clean, { lastChunkHandling: 'loose' });
  }

  function fromHex(text) {
    const match = /^(?:[0-9a-fA-F]{2})*/.exec(text)[0];
    return Uint8Array.fromHex(match);
  }

  function encodeText(text, encoding) {
    switch (named(encoding)) {
      case 'utf8': return utf8(text);
      case 'hex': return fromHex(text);
      case 'base64': case 'base64url': return fromBase64(text);
      case 'utf16le': return utf16(text);
      default: return latin1(text);
    }
  }

  function decodeBytes(bytes, encoding) {
    switch (named(encoding)) {
      case 'utf8': return fromUtf8(bytes);
      case 'hex': return Uint8Array.prototype.toHex.call(bytes);
      case 'base64': return Uint8Array.prototype.toBase64.call(bytes);
      case 'base64url': return Uint8Array.prototype.toBase64.call(bytes, { alphabet: 'base64url', omitPadding: true });
      case 'utf16le': return fromUtf16(bytes);
      case 'ascii': return fromLatin1(Uint8Array.prototype.map.call(plain(bytes), (byte) => byte & 0x7f));
      default: return fromLatin1(bytes);
    }
  }

  const plain = (bytes) => new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const wrap = (bytes) => new Buffer(bytes.buffer, bytes.byteOffset, bytes.byteLength);

  class Buffer extends Uint8Array {
    static poolSize = 8192;

    static from(value, encodingOrOffset, length) {
      if (typeof value === 'string') return wrap(encodeText(value, encodingOrOffset));
      if (value instanceof ArrayBuffer) return new Buffer(value, encodingOrOffset, length);
      if (ArrayBuffer.isView(value)) return wrap(new Uint8Array(value instanceof DataView ? own.bytesOf(value) : value));
      if (value !== null && typeof value === 'object') {
        if (value.type === 'Buffer' && Array.isArray(value.data)) return wrap(new Uint8Array(value.data));
        if (typeof value.length === 'number' || typeof value[Symbol.iterator] === 'function') return wrap(Uint8Array.from(value));
        const primitive = value.valueOf?.();
        if (primitive !== value && primitive != null) return Buffer.from(primitive, encodingOrOffset, length);
      }
      throw new TypeError('The first argument must be a string, a buffer, an array or an array-like object');
    }

    static of(...bytes) { return Buffer.from(bytes); }

    static alloc(size, fill, encoding) {
      const buffer = new Buffer(size);
      return fill === undefined || fill === 0 ? buffer : buffer.fill(fill, encoding);
    }

    static allocUnsafe(size) { return new Buffer(size); }
    static allocUnsafeSlow(size) { return new Buffer(size); }
    static isBuffer(value) { return value instanceof Buffer; }

    static isEncoding(encoding) {
      try {
        return typeof encoding === 'string' && Boolean(named(encoding));
      } catch {
        return false;
      }
    }

    static byteLength(value, encoding) { return typeof value === 'string' ? encodeText(value, encoding).length : value.byteLength; }

    static concat(list, total) {
      const size = total ?? list.reduce((sum, part) => sum + part.length, 0);
      const joined = new Buffer(size);
      let at = 0;
      for (const part of list) {
        if (at >= size) break;
        const piece = at + part.length > size ? part.subarray(0, size - at) : part;
        joined.set(piece, at);
        at += piece.length;
      }
      return joined;
    }

    static compare(a, b) {
      const shared = Math.min(a.length, b.length);
      for (let i = 0; i < shared; i++) if (a[i] !== b[i]) return a[i] < b[i] ? -1 : 1;
      return Math.sign(a.length - b.length);
    }

    toString(encoding, start = 0, end = this.length) { return decodeBytes(this.subarray(Math.max(0, start), end), encoding); }
    toLocaleString(encoding, start, end) { return this.toString(encoding, start, end); }
    toJSON() { return { type: 'Buffer', data: Array.from(this) }; }
    equals(other) { return this.length === other.length && Buffer.compare(this, other) === 0; }
    compare(other, start = 0, end = other.length, from = 0, to = this.length) { return Buffer.compare(this.subarray(from, to), other.subarray(start, end)); }

    slice(start, end) { return wrap(plain(this).subarray(start, end)); }
    subarray(start, end) { return wrap(plain(this).subarray(start, end)); }

    write(text, offset, length, encoding) {
      if (typeof offset === 'string') [offset, encoding] = [0, offset];
      else if (typeof length === 'string') [length, encoding] = [undefined, length];
      const at = offset ?? 0;
      const bytes = encodeText(text, encoding);
      const size = Math.min(bytes.length, length ?? this.length, this.length - at);
      this.set(bytes.subarray(0, size), at);
      return size;
    }

    copy(target, at = 0, start = 0, end = this.length) {
      const piece = plain(this).subarray(start, Math.min(end, start + target.length - at));
      target.set(piece, at);
      return piece.length;
    }

    fill(value, start, end, encoding) {
      if (typeof start === 'string') [start, encoding] = [undefined, start];
      if (typeof value === 'number') return super.fill(value & 255, start, end);
      const pattern = typeof value === 'string' ? encodeText(value, encoding) : own.bytesOf(value);
      const from = start ?? 0, to = end ?? this.length;
      for (let i = from; i < to; i++) this[i] = pattern.length === 0 ? 0 : pattern[(i - from) % pattern.length];
      return this;
    }

    indexOf(value, from = 0, encoding) {
      if (typeof value === 'number') return super.indexOf(value & 255, from);
      const needle = typeof value === 'string' ? encodeText(value, encoding) : value;
      const first = from < 0 ? Math.max(0, this.length + from) : from;
      outer: for (let i = first; i + needle.length <= this.length; i++) {
        for (let j = 0; j < needle.length; j++) if (this[i + j] !== needle[j]) continue outer;
        return i;
      }
      return -1;
    }

    includes(value, from, encoding) { return this.indexOf(value, from, encoding) !== -1; }

    swap16() {
      for (let i = 0; i + 1 < this.length; i += 2) [this[i], this[i + 1]] = [this[i + 1], this[i]];
      return this;
    }
  }

  // Numbers: one method each way for every width, order and sign, on a DataView.
  const view = (buffer) => new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
  const method = (name, body) => Object.defineProperty(Buffer.prototype, name, { value: body, writable: true, configurable: true });
  const KINDS = [
    ['UInt8', 'Uint8', 1], ['Int8', 'Int8', 1], ['UInt16', 'Uint16', 2], ['Int16', 'Int16', 2], ['UInt32', 'Uint32', 4], ['Int32', 'Int32', 4],
    ['BigUInt64', 'BigUint64', 8], ['BigInt64', 'BigInt64', 8], ['Float', 'Float32', 4], ['Double', 'Float64', 8],
  ];
  for (const [name, kind, size] of KINDS) {
    const get = DataView.prototype['get' + kind], set = DataView.prototype['set' + kind];
    for (const [suffix, little] of size === 1 ? [['', true]] : [['LE', true], ['BE', false]]) {
      const read = function (offset = 0) { return get.call(view(this), offset, little); };
      const write = function (value, offset = 0) {
        set.call(view(this), offset, value, little);
        return offset + size;
      };
      for (const spelled of name.startsWith('UInt') || name.startsWith('BigUInt') ? [name, name.replace('UInt', 'Uint')] : [name]) {
        method('read' + spelled + suffix, read);
        method('write' + spelled + suffix, write);
      }
    }
  }
  for (const [suffix, little] of [['LE', true], ['BE', false]]) {
    const read = function (offset, size) {
      let value = 0;
      for (let i = 0; i < size; i++) value = value * 256 + this[offset + (little ? size - 1 - i : i)];
      return value;
    };
    const write = function (value, offset, size) {
      let rest = value < 0 ? value + 2 ** (8 * size) : value;
      for (let i = 0; i < size; i++, rest = Math.floor(rest / 256)) this[offset + (little ? i : size - 1 - i)] = rest % 256;
      return offset + size;
    };
    const signed = (value, size) => (value >= 2 ** (8 * size - 1) ? value - 2 ** (8 * size) : value);
    for (const spelled of ['UInt', 'Uint']) { method('read' + spelled + suffix, read); method('write' + spelled + suffix, write); }
    method('readInt' + suffix, function (offset, size) { return signed(read.call(this, offset, size), size); });
    method('writeInt' + suffix, write);
  }
  for (const name of ['toString', 'toJSON', 'equals', 'slice', 'subarray', 'write', 'copy', 'fill', 'indexOf', 'includes', 'compare', 'swap16']) {
    Object.defineProperty(Buffer.prototype, name, { enumerable: false });
  }
  // `Buffer(x)` and `new Buffer('text')` are deprecated but common; the class keeps its own constructor for views.
  const callable = new Proxy(Buffer, {
    apply: (_, __, [value, ...rest]) => (typeof value === 'number' ? Buffer.alloc(value) : Buffer.from(value, ...rest)),
    construct: (target, [value, ...rest], made) =>
      made === callable && (typeof value === 'string' || Array.isArray(value)) ? Buffer.from(value, ...rest) : Reflect.construct(target, [value, ...rest], made === callable ? target : made),
  });
  Buffer.prototype.constructor = callable;

  own.Buffer = Buffer;
  own.define('Buffer', callable);
  own.modules = { __proto__: null };
  own.modules.buffer = () => ({ Buffer: callable, atob, btoa, kMaxLength: 2 ** 28, constants: { MAX_LENGTH: 2 ** 28 }, isUtf8: (bytes) => !own.fromUtf8(own.bytesOf(bytes)).includes('\ufffd') });
})
