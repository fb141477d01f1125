// expect: returned
function lambda() { console.log('x'.repeat(1e7), { toString() { throw 1; }, get a() { throw 2; } }); console.error(new Proxy({}, { ownKeys() { throw 3; } })); return 1; }
