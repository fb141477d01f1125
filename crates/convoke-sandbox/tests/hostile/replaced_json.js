// expect: returned
function lambda(input, callback) {
  JSON.stringify = () => '{"forged":true'; JSON.parse = () => { throw 1; };
  globalThis.JSON = null; String = null; Object.prototype.toJSON = undefined;
  callback(null, { still: 'here' });
}
