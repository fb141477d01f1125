// expect: returned
function lambda(input, callback) {
  for (const proto of [Object.prototype, Array.prototype, Function.prototype, Map.prototype, String.prototype]) {
    for (const name of Object.getOwnPropertyNames(proto)) { try { proto[name] = () => { throw new Error('polluted'); }; } catch { } }
  }
  callback(null, 'here');
}
