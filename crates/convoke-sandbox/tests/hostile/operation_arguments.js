// expect: threw
async function lambda() { await fetch('https://example.com/', { method: 'POST', body: 'x'.repeat(6e6) }); }
