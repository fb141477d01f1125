// Text and bytes: `TextEncoder`, `TextDecoder`, and what the other files need of them.
(function (host, own) {
  'use strict';

  const { encode, decode } = host;
  const { uncurry } = own;
  const UTF8 = 0, LATIN1 = 1, UTF16 = 2;
  const wellFormed = uncurry(String.prototype.toWellFormed);
  const lower = uncurry(String.prototype.toLowerCase);
  const trim = uncurry(String.prototype.trim);

  own.utf8 = (text) => encode(wellFormed(text), UTF8);
  own.fromUtf8 = (bytes) => decode(bytes, UTF8);
  own.latin1 = (text) => encode(text, LATIN1);
  own.fromLatin1 = (bytes) => decode(bytes, LATIN1);
  own.utf16 = (text) => encode(text, UTF16);
  own.fromUtf16 = (bytes) => decode(bytes, UTF16);

  /** The bytes of a buffer or a view, not copied. */
  own.bytesOf = (source) => {
    if (source instanceof Uint8Array) return source;
    if (ArrayBuffer.isView(source)) return new Uint8Array(source.buffer, source.byteOffset, source.byteLength);
    if (source instanceof ArrayBuffer) return new Uint8Array(source);
    throw new TypeError('expected an ArrayBuffer or a view of one');
  };

  class TextEncoder {
    get encoding() { return 'utf-8'; }

    encode(text = '') { return own.utf8(String(text)); }

    encodeInto(text, target) {
      let read = 0, written = 0;
      for (const character of String(text)) {
        const bytes = own.utf8(character);
        if (written + bytes.length > target.length) break;
        target.set(bytes, written);
        written += bytes.length;
        read += character.length;
      }
      return { read, written };
    }
  }

  const LABELS = {
    __proto__: null, 'utf-8': 'utf-8', utf8: 'utf-8', 'unicode-1-1-utf-8': 'utf-8', 'utf-16le': 'utf-16le', 'utf-16': 'utf-16le',
    'ucs-2': 'utf-16le', 'latin1': 'windows-1252', 'iso-8859-1': 'windows-1252', 'windows-1252': 'windows-1252', ascii: 'windows-1252', 'us-ascii': 'windows-1252',
  };

  /** How many bytes at the end begin a UTF-8 sequence that is not complete. */
  function incomplete(bytes) {
    for (let back = 1; back <= 3 && back <= bytes.length; back++) {
      const byte = bytes[bytes.length - back];
      if ((byte & 0xc0) === 0x80) continue;
      const needs = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
      return needs > back ? back : 0;
    }
    return 0;
  }
  own.incompleteUtf8 = incomplete;

  class TextDecoder {
    #encoding; #fatal; #ignoreBOM; #rest = new Uint8Array(0); #begun = false;

    constructor(label = 'utf-8', options = {}) {
      this.#encoding = LABELS[lower(trim(String(label)))];
      if (this.#encoding === undefined) throw new RangeError(`The "${label}" encoding is not supported`);
      this.#fatal = Boolean(options?.fatal);
      this.#ignoreBOM = Boolean(options?.ignoreBOM);
    }

    get encoding() { return this.#encoding; }
    get fatal() { return this.#fatal; }
    get ignoreBOM() { return this.#ignoreBOM; }

    decode(input, options) {
      let bytes = input === undefined ? new Uint8Array(0) : own.bytesOf(input);
      const stream = Boolean(options?.stream);
      if (this.#rest.length > 0) {
        const joined = new Uint8Array(this.#rest.length + bytes.length);
        joined.set(this.#rest);
        joined.set(bytes, this.#rest.length);
        bytes = joined;
      }
      const keep = !stream ? 0 : this.#encoding === 'utf-8' ? incomplete(bytes) : this.#encoding === 'utf-16le' ? bytes.length % 2 : 0;
      this.#rest = bytes.slice(bytes.length - keep);
      bytes = bytes.subarray(0, bytes.length - keep);
      let text = this.#decode(bytes);
      if (!this.#begun && !this.#ignoreBOM && this.#encoding !== 'windows-1252' && text.charCodeAt(0) === 0xfeff) text = text.slice(1);
      this.#begun = stream && (this.#begun || text.length > 0);
      return text;
    }

    #decode(bytes) {
      if (this.#encoding === 'windows-1252') return own.fromLatin1(bytes);
      const utf8 = this.#encoding === 'utf-8';
      const text = utf8 ? own.fromUtf8(bytes) : own.fromUtf16(bytes).toWellFormed();
      if (this.#fatal) {
        const back = utf8 ? own.utf8(text) : own.utf16(text);
        let same = back.length === bytes.length;
        for (let i = 0; same && i < back.length; i++) same = back[i] === bytes[i];
        if (!same) throw new TypeError('The encoded data was not valid');
      }
      return text;
    }
  }

  own.define('TextEncoder', TextEncoder);
  own.define('TextDecoder', TextDecoder);
})
