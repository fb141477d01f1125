// expect: cpu_exhausted
function lambda() { return /^(a+)+$/.test('a'.repeat(60) + 'b'); }
