// expect: out_of_memory cpu_exhausted
function lambda() { const all = []; for (;;) { try { all.push(new Uint8Array(1e6)); } catch { } finally { all.push({}); } } }
