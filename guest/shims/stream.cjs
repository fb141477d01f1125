// The little of `stream` that the bundled libraries touch: events, and `pipe` to something that takes chunks.
const EventEmitter = require('events');
const { inherits } = require('util');

// A function, not a class: old libraries call their parent on an object of their own.
function Stream() {
  EventEmitter.call(this);
  this.readable = true;
  this.writable = true;
}
inherits(Stream, EventEmitter);
Object.assign(Stream.prototype, {
  pipe(target) {
    this.on('data', (chunk) => target.write(chunk));
    this.on('end', () => target.end());
    return target;
  },
  push(chunk) {
    if (chunk === null) this.emit('end');
    else this.emit('data', chunk);
    return true;
  },
  write(chunk, encoding, done) {
    if (typeof this._write === 'function') this._write(chunk, encoding, done ?? (() => {}));
    return true;
  },
  end(chunk) {
    if (chunk !== undefined) this.write(chunk);
    this.emit('finish');
  },
  destroy() { this.emit('close'); },
});
module.exports = Object.assign(Stream, { Stream, Readable: Stream, Writable: Stream, Duplex: Stream, Transform: Stream, PassThrough: Stream });
