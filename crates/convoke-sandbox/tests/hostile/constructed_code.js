// expect: returned
function lambda() { return [typeof new Function('return this')().process.env, typeof [].constructor.constructor('return globalThis')().host]; }
