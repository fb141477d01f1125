// expect: threw
function lambda() { const e = new Error('x'.repeat(4e6)); e.stack = 'lambda.js:1:1\n'.repeat(1e5); throw e; }
