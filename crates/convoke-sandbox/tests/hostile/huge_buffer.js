// expect: out_of_memory threw
function lambda() { return new ArrayBuffer(2 ** 31 - 1).byteLength; }
