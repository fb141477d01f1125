// expect: returned
async function lambda() {
  Promise.prototype.then = () => { throw 1; };
  Promise.resolve = () => { throw 2; };
  globalThis.Promise = class {};
  return { still: 'here' };
}
