// expect: threw
async function lambda() { await fetch('https://evil.example/'); }
