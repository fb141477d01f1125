// expect: cpu_exhausted
async function lambda() { for (;;) await null; }
